using OrleansOrchestrator.Node.GarbageCollection;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Tests.GarbageCollection;

public sealed class ImageGarbageTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NodeAgentOptions Options = new() { DataDirectory = "data" };

    [Theory]
    [InlineData(16, 0)]
    [InlineData(15, 5)]
    [InlineData(0, 20)]
    public void ExcessOf_AnyDisk_IsWhatBringsItDownToTheLowThreshold(long available, long excess) =>
        ImageGarbage.ExcessOf(new SignalReading(available, 100), Options).ShouldBe(excess);

    [Fact]
    public void ExcessOf_WithoutAThreshold_IsNothing() =>
        ImageGarbage.ExcessOf(new SignalReading(0, 100), Options with { ImageGCHighThresholdPercent = 100 }).ShouldBe(0);

    [Fact]
    public void FindUnused_OfAll_TakesOnlyOwnOnesThatNobodyUsesTheOldestFirst()
    {
        NodeImage[] images =
        [
            Image("young", 1),
            Image("old", 20),
            Image("older", 30),
            Image("used", 30) with { IsInUse = true },
            Image("pinned", 30) with { IsPinned = true },
            Image("foreign", 30) with { LastUsed = null },
        ];

        ImageGarbage.FindUnused(images, TimeSpan.FromMinutes(2), Now).Select(image => image.Id).ShouldBe(["older", "old"]);
    }

    [Fact]
    public void Uses_AfterARestart_AreKnownUntilTheImageIsGone()
    {
        var folder = Directory.CreateTempSubdirectory("image-uses-").FullName;
        try
        {
            var uses = new ImageUses(folder, TimeProvider.System);
            uses.Note("a");
            uses.Note("b");
            uses.Keep(new HashSet<string> { "b" }, DateTimeOffset.MaxValue);

            var later = new ImageUses(folder, TimeProvider.System);

            later.Of("a").ShouldBeNull();
            later.Of("b").ShouldNotBeNull();
            File.WriteAllText(Path.Combine(folder, "images"), "{ truncated");
            new ImageUses(folder, TimeProvider.System).Of("b").ShouldBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("app:1", "app@sha256:0", true)]
    [InlineData("host:5000/team/app:1 host:5000/team/app:2", "host:5000/team/app@sha256:0", true)]
    [InlineData("a/app:1 b/app:1", "a/app@sha256:0 b/app@sha256:0", true)]
    [InlineData("", "app@sha256:0", true)]
    [InlineData("app:1", "", false)]
    [InlineData("app:1 mine:keep", "app@sha256:0", false)]
    [InlineData("host:5000/app:1", "host:5001/app@sha256:0", false)]
    public void CanBePulled_AnImage_IsSoIfEachOfItsTagsComesFromARegistry(string tags, string digests, bool expected) =>
        NodeImage.CanBePulled(digests.Split(' ', StringSplitOptions.RemoveEmptyEntries), tags.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ShouldBe(expected);

    private static NodeImage Image(string id, int unusedMinutes) => new(id, [], 1) { LastUsed = Now.AddMinutes(-unusedMinutes) };
}
