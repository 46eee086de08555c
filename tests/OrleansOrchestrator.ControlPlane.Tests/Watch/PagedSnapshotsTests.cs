using System.Text;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class PagedSnapshotsTests
{
    private static readonly WatchOptions Options = new() { ContinueLifetime = TimeSpan.FromMinutes(5), ContinueSnapshotsMax = 3 };

    private readonly FakeTimeProvider _time = new();
    private readonly PagedSnapshots _pages;

    public PagedSnapshotsTests() => _pages = new PagedSnapshots(Options, _time);

    [Fact]
    public void Pages_WhileWritesGoOn_ShowOneRevision()
    {
        var tree = Tree(10);
        var names = new List<string>();
        var revision = 10L;
        string? token = null;
        do
        {
            var page = _pages.Read(Query(3, token), tree, revision);
            page.Revision.ShouldBe(10);
            names.AddRange(page.Objects.Select(obj => obj.Key.Name));
            token = page.Continue;
            tree = tree.With(Samples.Map("default", $"m{revision}", ++revision)).Without(new ObjectKey("default", "n9"));
        }
        while (token is not null);

        names.ShouldBe(Enumerable.Range(0, 10).Select(i => $"n{i}"));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(0, 3)]
    public void PagedSnapshots_PageThatHoldsAll_IsTheLast(int limit, int count) => _pages.Read(Query(limit), Tree(count), count).Continue.ShouldBeNull();

    [Fact]
    public void PagedSnapshots_Token_OutlivesItsLifetimeOnlyWhileItIsUsed()
    {
        var tree = Tree(10);
        var token = _pages.Read(Query(1), tree, 10).Continue;
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Options.ContinueLifetime - TimeSpan.FromSeconds(1));
            token = _pages.Read(Query(1, token), tree, 10).Continue;
        }

        _time.Advance(Options.ContinueLifetime);
        CodeOf(() => _pages.Read(Query(1, token), tree, 10)).ShouldBe(410);
    }

    [Fact]
    public void PagedSnapshots_TooManyUnfinishedLists_EndTheOldest()
    {
        var tokens = Enumerable.Range(1, 4).Select(revision => _pages.Read(Query(1), Tree(10), revision).Continue).ToList();
        CodeOf(() => _pages.Read(Query(1, tokens[0]), Tree(10), 10)).ShouldBe(410);
        foreach (var token in tokens.Skip(1))
            _pages.Read(Query(1, token), Tree(10), 10).Objects.ShouldHaveSingleItem().Key.Name.ShouldBe("n1");
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("")]
    [InlineData("bm90IGpzb24=")]
    [InlineData("bnVsbA==")]
    [InlineData("W10=")]
    public void PagedSnapshots_GarbledToken_IsABadRequest(string token) => CodeOf(() => _pages.Read(Query(1, token), Tree(3), 3)).ShouldBe(400);

    [Fact]
    public void PagedSnapshots_TokenOfNothingThatWasHandedOut_HasExpired()
    {
        var forged = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"Revision":3,"Namespace":"default","Name":"n0"}"""));
        CodeOf(() => _pages.Read(Query(1, forged), Tree(3), 3)).ShouldBe(410);
    }

    private static int CodeOf(Action read) => Should.Throw<ApiException>(read).Code;

    private static ListQuery Query(int limit, string? token = null) => new(ObjectFilter.InNamespace("default"), Freshness.Any, limit, token);

    private static ObjectTree Tree(int count) => ObjectTree.FromSorted([.. Enumerable.Range(0, count).Select(i => Samples.Map("default", $"n{i}", i + 1))]);
}
