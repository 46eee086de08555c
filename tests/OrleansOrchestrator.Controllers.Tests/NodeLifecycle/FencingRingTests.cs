using System.Text;
using CsCheck;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Metadata;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class FencingRingTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(7, 4)]
    [InlineData(20, 10)]
    [InlineData(31, 16)]
    public void Decide_SilentNodeWithAView_WaitsForVotesEnough(int nodes, int votesNeeded)
    {
        var model = new NodeModel();
        for (var i = 0; i < nodes; i++)
            model.AddVoter($"n{i}");
        model.AddPod("web", "n0");
        model.Settle();
        string[] living = [.. Enumerable.Range(1, nodes - 1).Select(i => $"n{i}")];
        model.Votes.UnionWith(living.Take(votesNeeded - 1));

        model.Run(60, living);
        model.Evictions.ShouldBeEmpty();
        model.LastPlan!.Withheld.ShouldBe([new("n0", WithholdingReason.Votes)]);
        model.LastPlan.RequeueAfter.ShouldBe(TimeSpan.FromMilliseconds(250), "votes come without a change of an object");

        model.Votes.UnionWith(living);
        model.Run(61, living);
        model.Evictions.ShouldBe([("web", true, 60.5)]);
        model.LastPlan!.Withheld.ShouldBeEmpty();
    }

    [Fact]
    public void Decide_UsersTaintOfASilentNodeWithoutVotes_AsksItsPodsToGo()
    {
        var model = new NodeModel();
        foreach (var name in (string[])["a", "b", "c"])
            model.AddVoter(name);
        model.AddPod("web", "a");
        model.Settle();
        model.Run(60, "b", "c");
        model.Evictions.ShouldBeEmpty();

        model.Node("a").Spec.Taints.Add(new V1Taint { Key = "maintenance", Effect = "NoExecute" });
        model.Run(65, "b", "c");
        model.Evictions.ShouldBe([("web", false, 60.5)]);

        model.Votes.UnionWith(["b", "c"]);
        model.Run(66, "b", "c");
        model.Evictions.Select(eviction => eviction.IsForced).ShouldBe([false, true]);
    }

    [Fact]
    public void Decide_SilentNodeThatActsByOtherTimes_KeepsItsPods()
    {
        var model = new NodeModel();
        foreach (var name in (string[])["a", "b", "c"])
            model.AddVoter(name);
        model.Node("a").Metadata.Annotations[FencingTimes.Annotation] = (model.Options.Times with { FencingTime = TimeSpan.FromSeconds(60) }).ToString();
        model.AddPod("web", "a");
        model.Settle();
        model.Votes.UnionWith(["b", "c"]);

        model.Run(60, "b", "c");
        model.Evictions.ShouldBeEmpty();
        model.LastPlan!.Withheld.ShouldBe([new("a", WithholdingReason.FencingTimes)]);
        FencingView.Of(model.Node("b")).ShouldHaveSingleItem().Members.Select(member => member.Name).ShouldBe(["b", "c"], "its votes would not count");

        // The daemon was started again, with the times of the cluster.
        model.Node("a").Metadata.Annotations[FencingTimes.Annotation] = model.Options.Times.ToString();
        model.Run(61, "b", "c");
        model.Evictions.ShouldHaveSingleItem();
    }

    [Fact]
    public void Decide_NodesThatVote_GetOneViewOfASmallClusterEach()
    {
        var model = new NodeModel();
        model.AddVoter("a");
        model.AddVoter("b");
        model.AddNode("foreign");

        model.Settle();

        var view = FencingView.Of(model.Node("a")).ShouldHaveSingleItem();
        view.Members.ShouldBe([new("a", "a", "10.0.0.1", 10250), new("b", "b", "10.0.0.1", 10250)]);
        (view.HoldMin, view.EvictMin).ShouldBe((2, 1));
        FencingView.Of(model.Node("foreign")).ShouldBeEmpty();
    }

    [Fact]
    public void Decide_ManyNodes_AreInTheViewsOfThoseInTheirOwn()
    {
        var model = new NodeModel();
        for (var i = 0; i < 40; i++)
            model.AddVoter($"node-{i}");

        model.Settle();

        var peers = model.Cluster.All<V1Node>().ToDictionary(
            node => node.Metadata.Name, node => FencingView.Of(node).Single().Members.Select(member => member.Name).ToHashSet());
        peers.Values.ShouldAllBe(view => view.Count == 31);
        foreach (var (name, view) in peers)
            view.ShouldAllBe(peer => peers[peer].Contains(name));
    }

    [Fact]
    public void Decide_ThreeTenthsOfTwentyNodesSilent_ReplacesAllTheirPods() => Gen.Shuffle((string[])[.. Enumerable.Range(0, 20).Select(i => $"n{i}")]).Sample(
        names =>
        {
            var model = new NodeModel();
            foreach (var name in names)
            {
                model.AddVoter(name);
                model.AddPod($"pod-{name}", name);
            }

            model.Settle();
            string[] living = names[6..];
            model.Votes.UnionWith(living);

            model.Run(13, living);

            model.Evictions.Select(eviction => eviction.Pod).ShouldBe(names[..6].Select(name => $"pod-{name}"), ignoreOrder: true);
            model.LastPlan!.Withheld.ShouldBeEmpty();
        },
        iter: 20);

    [Fact]
    public void Decide_TwoFullViewsOfTheLongestNames_TakeAFewPercentOfWhatAnnotationsMay()
    {
        var model = new NodeModel();
        for (var i = 0; i < 40; i++)
            model.AddVoter($"{i}".PadLeft(253, 'n'));
        model.Settle();
        var first = model.Cluster.All<V1Node>().First().Metadata.Name;
        model.Confirm(first);
        for (var i = 0; i < 400; i++)
            model.AddVoter($"{i}".PadLeft(253, 'm'));

        model.Settle();

        FencingView.Of(model.Node(first)).Select(view => view.Members.Count).ShouldBe([31, 31]);
        Encoding.UTF8.GetByteCount(model.Node(first).Metadata.Annotations[FencingView.Annotation]).ShouldBeLessThan(ObjectMetaValidation.AnnotationsBytesMax / 5);
    }

    [Fact]
    public void Decide_NodeJoins_OthersMoveOnOnlyAsTheyConfirm()
    {
        var model = new NodeModel();
        model.AddVoter("a");
        model.AddVoter("b");
        model.Settle();
        model.AddVoter("c");

        model.Settle();
        FencingView.Of(model.Node("a")).Count.ShouldBe(1, "a has not said that it uses its first view");

        model.Confirm("a");
        model.Settle();
        FencingView.Of(model.Node("a")).Select(view => view.Members.Count).ShouldBe([2, 3], "a may be using either");

        model.Confirm("a");
        model.Settle();
        FencingView.Of(model.Node("a")).Select(view => view.Members.Count).ShouldBe([3]);
    }

    [Fact]
    public void Decide_NodeThatMayUseTwoViews_NeedsTheVotesOfBoth()
    {
        var model = new NodeModel();
        foreach (var name in (string[])["a", "b", "c"])
            model.AddVoter(name);
        model.Settle();
        model.Confirm("a");
        foreach (var name in (string[])["d", "e", "f", "g"])
            model.AddVoter(name);
        model.AddPod("web", "a");
        model.Settle();
        FencingView.Of(model.Node("a")).Select(view => view.EvictMin).ShouldBe([2, 4]);
        model.Votes.UnionWith(["c", "d", "e", "f", "g"]);

        model.Run(40, "b", "c", "d", "e", "f", "g");
        model.Evictions.ShouldBeEmpty();

        model.Votes.Add("b");
        model.Run(41, "b", "c", "d", "e", "f", "g");
        model.Evictions.ShouldHaveSingleItem();
    }

    [Fact]
    public void Decide_NodeUnreachableForLong_IsLeftOutOfTheViewsOfOthersAndKeepsItsOwn()
    {
        var model = new NodeModel();
        foreach (var name in (string[])["a", "b", "c"])
            model.AddVoter(name);
        model.Settle();
        model.Confirm("a");
        model.Confirm("b");

        model.Run(60, "a", "b");

        FencingView.Of(model.Node("a"))[^1].Members.Select(member => member.Name).ShouldBe(["a", "b"]);
        FencingView.Of(model.Node("c")).Single().Members.Count.ShouldBe(3);
    }
}
