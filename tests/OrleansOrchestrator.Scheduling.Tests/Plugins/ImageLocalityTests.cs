using k8s.Models;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

/// <summary>The scores by images, worked out by hand: 23 MiB are nothing, and 1,000 MiB for each image are all that counts.</summary>
public sealed class ImageLocalityTests
{
    private const string Database = "example.com:5000/db";

    [Theory]
    // One of two nodes has it: (900 / 2 - 23) / (1000 - 23).
    [InlineData(900, 43)]
    [InlineData(46, 0)]
    [InlineData(47, 0)]
    [InlineData(2000, 100)]
    [InlineData(5000, 100)]
    public void Image_OnOneOfTwoNodes_ScoresByHalfOfItsSize(int megabytes, int score) =>
        Scores([Nodes.Create("a").WithImage("app:latest", megabytes), Nodes.Create("b")], Pod("app")).ShouldBe([score, 0]);

    [Fact]
    public void Images_OfAllContainers_Count()
    {
        var pod = Pod("app:1", Database);
        pod.Spec.InitContainers = [new V1Container { Name = "i", Image = "app:1" }];
        pod.Spec.Volumes = [new V1Volume { Name = "v", Image = new V1ImageVolumeSource { Reference = "data:1" } }];

        // (300 + 300 + 200 + 400 - 23) / (4000 - 23); on the other node (200 - 23) / (4000 - 23).
        Scores(
            [Nodes.Create("a").WithImage("app:1", 600).WithImage($"{Database}:latest", 400).WithImage("data:1", 400), Nodes.Create("b").WithImage("data:1", 200)],
            pod).ShouldBe([(300 + 300 + 200 + 400 - 23) * 100 / (4000 - 23), (200 - 23) * 100 / (4000 - 23)]);
    }

    [Theory]
    [InlineData("app:2")]
    [InlineData("other/app:1")]
    [InlineData("app@sha256:2")]
    [InlineData("")]
    public void Image_OfAnotherName_DoesNotCount(string image) =>
        Scores([Nodes.Create("a").WithImage("app:1", 900), Nodes.Create("b")], Pod(image)).ShouldBe([0, 0]);

    [Fact]
    public void Image_OnAllNodes_ChangesNoChoice()
    {
        var harness = new Harness(Nodes.Create("a").WithImage("app:1", 900), Nodes.Create("b").WithImage("app:1", 900));
        Plugin(harness).Scores(SinglePlugin.Begin(harness.Cache, Pod("app:1").Info())).ShouldBeFalse();
    }

    [Fact]
    public void Pod_OfALargeImage_GoesWhereItIs() =>
        new Harness(Nodes.Create("a"), Nodes.Create("b").WithImage("app:1", 900), Nodes.Create("c")).Choices(Pod("app:1")).ShouldBe(["b"]);

    [Fact]
    public void Images_ChangeWithTheNode_AndWakeNobody()
    {
        var harness = new Harness(Nodes.Create("a").WithImage("app:1", 900), Nodes.Create("b"), Nodes.Create("c"));
        harness.Cache.SetNode(Nodes.Create("a")).ShouldBeEmpty();
        harness.Cache.SetNode(Nodes.Create("b").WithImage("app:1", 900)).ShouldBeEmpty();
        harness.Choices(Pod("app:1")).ShouldBe(["b"]);

        harness.Cache.RemoveNode("b");
        harness.Cache.SetNode(Nodes.Create("d"));
        harness.Choices(Pod("app:1")).ShouldBe(["a", "c", "d"]);
    }

    private static int[] Scores(V1Node[] nodes, V1Pod pod)
    {
        var harness = new Harness(nodes);
        var candidates = new CandidateSet(harness.Cache);
        candidates.Reset(SinglePlugin.Begin(harness.Cache, pod.Info()), new int[nodes.Length]);
        Plugin(harness).Score(candidates, 1);
        return candidates.Scores.ToArray();
    }

    private static IClusterScore Plugin(Harness harness) => (IClusterScore)SinglePlugin.Create("ImageLocality", harness.Cache);

    private static V1Pod Pod(params string[] images) => PodObjects.Create("p").WithImages(images);
}
