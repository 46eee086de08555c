using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Model.Tests.Fencing;

public sealed class FencingViewTests
{
    /// <summary>A copied machine has the key of the first one, which must not vote for both.</summary>
    [Fact]
    public void MayEvict_OfMembersWithOneVoter_CountsOneVote()
    {
        var view = new FencingView(1, "id", [Member("a", "one"), Member("b", "one"), Member("c", "other")]);

        view.MayEvict(voter => voter == "one").ShouldBeFalse();
        view.MayEvict(voter => voter is "one" or "other").ShouldBeTrue();
    }

    private static FencingMember Member(string name, string voter) => new(name, voter, "10.0.0.1", 10250);
}
