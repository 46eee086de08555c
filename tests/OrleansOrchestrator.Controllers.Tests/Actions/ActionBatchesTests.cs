using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Actions;

public sealed class ActionBatchesTests
{
    private static readonly ApiException NoQuota = ApiErrors.Forbidden(WellKnownResources.Pods, null, "no quota");

    [Fact]
    public void Take_Creations_BeginsWithOneAndDoublesUpToTheMost() =>
        SizesOf(new ActionBatches(Pods(50), 16), _ => null).ShouldBe([1, 2, 4, 8, 16, 16, 3]);

    [Fact]
    public void Take_CreationsThatGoOn_BeginsWithTheMost() =>
        SizesOf(new ActionBatches(Pods(50), 16, startsSlowly: false), _ => null).ShouldBe([16, 16, 16, 2]);

    [Fact]
    public void Take_OtherActions_BeginsWithTheMost() =>
        SizesOf(new ActionBatches([.. Enumerable.Range(0, 20).Select(Deletion)], 16), _ => null).ShouldBe([16, 4]);

    [Fact]
    public void Take_AfterAllCreationsOfABatchWereRefused_GivesUpTheOthersOfTheResourceOnly()
    {
        var taken = new List<ObjectAction>();
        ObjectAction map = new CreateObject(WellKnownResources.ConfigMaps, new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "m" } });
        var pods = Pods(20);

        Run(new ActionBatches([.. pods[..10], map, .. pods[10..], Deletion(1)], 16), action => action.Resource == WellKnownResources.Pods ? NoQuota : null, taken);

        taken.ShouldBe([pods[0], map, Deletion(1)]);
    }

    [Fact]
    public void Take_AfterSomeCreationsOfABatchWereRefused_GoesOn()
    {
        var attempts = 0;
        SizesOf(new ActionBatches(Pods(10), 16), _ => attempts++ == 2 ? NoQuota : null).ShouldBe([1, 2, 4, 3]);
    }

    [Fact]
    public void Take_QuotaIsUsedUpUnderWay_GivesUpAfterTheFirstBatchOfWhichNothingWasMade()
    {
        var left = 5;
        SizesOf(new ActionBatches(Pods(500), 128), _ => left-- > 0 ? null : NoQuota).ShouldBe([1, 2, 4, 8]);
    }

    [Fact]
    public void Take_NamesThatAreTaken_SayNothingAboutOtherNames() => SizesOf(
        new ActionBatches(Pods(10), 16), action => ApiErrors.AlreadyExists(action.Resource, action.Key.Name)).ShouldBe([1, 2, 4, 3]);

    private static List<int> SizesOf(ActionBatches batches, Func<ObjectAction, ApiException?> refuses) => Run(batches, refuses, []);

    private static List<int> Run(ActionBatches batches, Func<ObjectAction, ApiException?> refuses, List<ObjectAction> taken)
    {
        var sizes = new List<int>();
        while (batches.TryTake(out var batch))
        {
            sizes.Add(batch.Count);
            taken.AddRange(batch);
            batches.Note(batch, [.. batch.Select(action => (action, why: refuses(action))).Where(one => one.why is not null).Select(one => new RefusedAction(one.action, one.why!))]);
        }

        return sizes;
    }

    private static List<ObjectAction> Pods(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new CreateObject(WellKnownResources.Pods, Samples.Pod($"p{i}")))];

    private static ObjectAction Deletion(int number) => new DeleteObject(WellKnownResources.Pods, new ObjectKey(Samples.Namespace, $"p{number}"), "uid");
}
