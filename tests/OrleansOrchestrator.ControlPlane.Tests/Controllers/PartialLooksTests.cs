using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>What is forgotten, interrupted or in doubt is observed as a whole, and no change is lost.</summary>
public sealed class PartialLooksTests
{
    private static readonly ObjectKey Key = new("shop", "agent");

    private readonly PartialLooks _looks = new();
    private readonly Known _known = new();

    [Fact]
    public void Look_First_ObservesEverything()
    {
        _looks.Note(Key, new HashSet<string> { "a" });

        _looks.Begin(Key, out var prior);

        prior.ShouldBeNull();
    }

    [Fact]
    public void Look_AfterAnother_ObservesWhatChangedDuringItAndSince()
    {
        var first = _looks.Begin(Key, out _);
        _looks.Note(Key, new HashSet<string> { "during" });
        _looks.End(Key, first, _known);
        _looks.Note(Key, new HashSet<string> { "since" });

        var second = _looks.Begin(Key, out var prior);

        prior.ShouldNotBeNull().Summary.ShouldBe(_known);
        prior.Changed.ShouldBe(["during", "since"], ignoreOrder: true);
        _looks.End(Key, second, _known);
        _looks.Begin(Key, out prior);
        prior.ShouldNotBeNull().Changed.ShouldBeEmpty();
    }

    [Fact]
    public void Look_AfterOneThatWasBrokenOff_ObservesEverything()
    {
        _looks.End(Key, _looks.Begin(Key, out _), _known);
        _looks.Begin(Key, out _);

        _looks.Begin(Key, out var prior);

        prior.ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Look_ThatWasUnderWayWhenChangesWereLost_IsNotRemembered(bool all)
    {
        var look = _looks.Begin(Key, out _);
        if (all)
            _looks.Clear();
        else
            _looks.Forget(Key);
        _looks.End(Key, look, _known);

        _looks.Begin(Key, out var prior);

        prior.ShouldBeNull();
    }

    [Fact]
    public void Look_WithoutASummary_LetsTheNextOneObserveEverything()
    {
        _looks.End(Key, _looks.Begin(Key, out _), _known);
        _looks.End(Key, _looks.Begin(Key, out _), null);

        _looks.Begin(Key, out var prior);

        prior.ShouldBeNull();
    }

    private sealed record Known : PlanSummary
    {
        public override int Count => 0;

        public override IEnumerable<string> OpenParts(DateTimeOffset now) => [];
    }
}
