using CsCheck;
using OrleansOrchestrator.Controllers.Deployments;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.Deployments;

/// <summary>Rollouts under users, pods and crashes that come at random: bounds hold at every step, and what is declared comes true.</summary>
public sealed class DeploymentProperties
{
    private static readonly Gen<Strategy> Strategies = Gen.Select(Any.Rarely(5), Any.Of("0", "1", "2", "25%", "50%", "100%"), Any.Of("0", "1", "3", "25%", "60%"))
        .Select((recreates, surge, unavailable) => new Strategy(recreates, surge, unavailable))
        .Where(strategy => strategy is not { Surge: "0", Unavailable: "0" });

    private static readonly Strategy Recreation = new(true, "", "");

    // What happens next, with a number that says to whom.
    private static readonly Gen<(Happening What, int Number)[]> Stories = Gen.Select(
        Any.Of(
            Happening.Decide, Happening.Decide, Happening.Decide, Happening.Replicate, Happening.Replicate, Happening.Replicate, Happening.BecomeReady,
            Happening.BecomeReady, Happening.Fail, Happening.Crash, Happening.ChangeImage, Happening.Scale, Happening.Pause, Happening.SwitchStrategy),
        Gen.Int[0, 1000]).Array[1, 60];

    private enum Happening
    {
        Decide,
        Replicate,
        BecomeReady,
        Fail,
        Crash,
        ChangeImage,
        Scale,
        Pause,
        SwitchStrategy,
    }

    [Fact]
    public void Rollout_AnyStory_NeverWantsMoreThanTheSurgeAllows() => Sample((model, tell) =>
    {
        var before = Total(model);
        tell();
        // A user who wants fewer replicas, or less of them at once, makes the bound smaller than what is there.
        Total(model).ShouldBeLessThanOrEqualTo(Math.Max(before, RolloutBounds.Of(model.Deployment.Spec).Max));
    });

    [Fact]
    public void Rollout_AnyStory_NeverTakesAvailableReplicasBelowTheBound() => Sample((model, tell) =>
    {
        if (model.Deployment.Spec.Strategy.Type == RolloutStrategies.Recreate)
            return;
        var (before, rollout) = (Available(model), new Rollout(model.Deployment, model.Sets));
        tell();
        // A user asked for fewer replicas: of all sets, or, in the middle of a rollout, with a smaller surge. Each set gives its share
        // then, as in Kubernetes, which takes back a surge only while the rollout is paused.
        var isAskedFor = rollout.IsResized || (model.Deployment.Spec.Paused is true && rollout.Total > rollout.Bounds.Max);
        if (!isAskedFor)
            Available(model).ShouldBeGreaterThanOrEqualTo(Math.Min(before, rollout.Bounds.MinAvailable));
    });

    [Fact]
    public void Rollout_PodsThatDoNotFail_ServesAllTheTime() => Gen.Select(Strategies, Gen.Int[1, 8], Stories, Gen.Int[0, 1000]).Sample((strategy, replicas, story, seed) =>
    {
        if (strategy.Recreates)
            return;
        var model = new DeploymentModel(replicas, strategy.Apply);
        model.Complete();
        var bound = RolloutBounds.Of(model.Deployment.Spec).MinAvailable;
        foreach (var (what, number) in story.Where(one => one.What is not (Happening.Fail or Happening.Scale or Happening.SwitchStrategy)))
        {
            Tell(model, what, number);
            model.Pods.Count(pod => pod.IsReady).ShouldBeGreaterThanOrEqualTo(bound, $"after {what} {number}");
        }
    }, print: _ => "");

    [Fact]
    public void Recreation_AnyStory_NeverRunsPodsOfTwoTemplates() => Gen.Select(Gen.Int[1, 5], Stories).Sample((replicas, story) =>
    {
        var model = new DeploymentModel(replicas, Recreation.Apply, keepsDeletedPods: true);
        foreach (var (what, number) in story.Where(one => one.What is not (Happening.Pause or Happening.SwitchStrategy)))
        {
            if (what is Happening.Replicate && number % 2 == 0 && model.Sets.Count > 0)
                model.StepSetLate(model.Sets[number / 2 % model.Sets.Count]);
            else if (what is Happening.Fail)
                model.Cluster.All<V1Pod>().Where(pod => pod.IsDeleting).Take(number % 3).ToList().ForEach(model.Cluster.Remove);
            else
                Tell(model, what, number);
            model.Cluster.All<V1Pod>().Select(pod => pod.Spec.Containers[0].Image).Distinct().Count().ShouldBeLessThanOrEqualTo(1, $"after {what} {number}");
        }
    }, iter: 400, print: _ => "");

    [Fact]
    public void Rollout_AnyStory_EndsAsDeclared() => Gen.Select(Strategies, Gen.Int[0, 8], Stories).Sample((strategy, replicas, story) =>
    {
        var model = new DeploymentModel(replicas, strategy.Apply);
        foreach (var (what, number) in story)
            Tell(model, what, number);
        model.Change(deployment => deployment.Spec.Paused = false);

        model.Complete();

        var deployment = model.Deployment;
        var wanted = deployment.Spec.Replicas!.Value;
        model.Pods.Count.ShouldBe(wanted);
        model.Pods.Select(pod => pod.Spec.Containers[0].Image).Except([deployment.Spec.Template.Spec.Containers[0].Image]).ShouldBeEmpty();
        (model.Status.UpdatedReplicas ?? 0, model.Status.AvailableReplicas ?? 0, model.Status.Replicas ?? 0).ShouldBe((wanted, wanted, wanted));
        model.Status.ObservedGeneration.ShouldBe(deployment.Metadata.Generation);
        model.Progress.ShouldBe("True NewReplicaSetAvailable");
        model.Sets.Count.ShouldBeLessThanOrEqualTo(4, "there are four images");
    });

    [Fact]
    public void Reconcile_ShuffledReplicaSets_PlansTheSame() => Gen.Select(Strategies, Gen.Int[0, 8], Stories, Gen.Int).Sample((strategy, replicas, story, seed) =>
    {
        var model = new DeploymentModel(replicas, strategy.Apply);
        foreach (var (what, number) in story)
            Tell(model, what, number);
        var seen = model.Cluster.Observe(DeploymentModel.Reconciler, DeploymentModel.Key);
        var shuffled = DeploymentModel.Reconciler.Relations.ToDictionary(relation => relation, relation =>
        {
            var related = seen.Related(relation).ToArray();
            new Random(seed).Shuffle(related);
            return (IReadOnlyList<RelatedObject>)related;
        });

        PlanText.Of(DeploymentModel.Reconciler.Reconcile(new Observation(DeploymentModel.Key, seen.Primary, shuffled, seen.Now)))
            .ShouldBe(PlanText.Of(DeploymentModel.Reconciler.Reconcile(seen)));
    });

    private static void Sample(Action<DeploymentModel, Action> check) => Gen.Select(Strategies, Gen.Int[0, 8], Stories).Sample((strategy, replicas, story) =>
    {
        var model = new DeploymentModel(replicas, strategy.Apply);
        foreach (var (what, number) in story)
        {
            if (what is Happening.Decide or Happening.Crash)
                check(model, () => Tell(model, what, number));
            else
                Tell(model, what, number);
        }
    });

    private static void Tell(DeploymentModel model, Happening what, int number)
    {
        model.Cluster.Now += TimeSpan.FromSeconds(number % 5);
        switch (what)
        {
            case Happening.Decide:
                model.Step();
                break;
            case Happening.Crash:
                // The first writes are made, the rest and the status are not.
                var left = number % 3;
                model.Cluster.Refuses = action => left-- > 0 ? null : ApiErrors.Modified(action.Resource, action.Key.Name);
                model.Step();
                model.Cluster.Refuses = _ => null;
                break;
            case Happening.Replicate when model.Sets.Count > 0:
                model.StepSet(model.Sets[number % model.Sets.Count]);
                break;
            case Happening.BecomeReady:
                model.SetReady(true, pod => (pod.Metadata.Name.GetHashCode(StringComparison.Ordinal) + number) % 2 == 0);
                break;
            case Happening.Fail when model.Pods.Count > 0:
                model.SetReady(model.Pods[number % model.Pods.Count], ready: false);
                break;
            case Happening.ChangeImage:
                model.SetImage($"web:{number % 4}");
                break;
            case Happening.Scale:
                model.Change(deployment => deployment.Spec.Replicas = number % 9);
                break;
            case Happening.Pause:
                model.Change(deployment => deployment.Spec.Paused = number % 2 == 0);
                break;
            case Happening.SwitchStrategy:
                model.Change((number % 2 == 0 ? Recreation : new Strategy(false, "25%", "25%")).Apply);
                break;
        }
    }

    private static int Total(DeploymentModel model) => model.Sizes.Sum();

    /// <summary>As the controller counts: what is available of what is wanted.</summary>
    private static int Available(DeploymentModel model) => model.Sets.Sum(set => Math.Min(set.Spec.Replicas ?? 1, set.Status?.AvailableReplicas ?? 0));

    private sealed record Strategy(bool Recreates, string Surge, string Unavailable)
    {
        public void Apply(V1Deployment deployment) => deployment.Spec.Strategy = Recreates
            ? new V1DeploymentStrategy { Type = RolloutStrategies.Recreate }
            : new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxSurge = Surge, MaxUnavailable = Unavailable } };
    }
}
