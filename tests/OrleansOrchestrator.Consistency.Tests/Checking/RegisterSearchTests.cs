using OrleansOrchestrator.Consistency.Tests.Histories;
using static OrleansOrchestrator.Consistency.Tests.Histories.OperationKind;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>The search finds an order where there is one, and none where there is none.</summary>
public sealed class RegisterSearchTests
{
    private static HistoryBuilder New => new();

    [Fact]
    public void Search_SequentialOperations_AreInOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Get, 3, 4, 1, "a").Did(Replace, 5, 6, 2, "b", expected: 1).Did(Patch, 7, 8, 3, "c")
        .Did(Get, 9, 10, 3, "c").Did(Delete, 11, 12).Did(Get, 13, 14, outcome: Outcome.Absent).Did(Create, 15, 16, 5, "d")).ShouldBeNull();

    [Fact]
    public void Search_ConcurrentReads_MayDisagreeWhileTheWriteIsOnItsWay() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 10, 2, "b").Did(Get, 4, 5, 1, "a").Did(Get, 6, 7, 2, "b").Did(Get, 4, 9, 1, "a")).ShouldBeNull();

    [Fact]
    public void Search_ReadOfTheOldAfterTheNewWasSeen_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 10, 2, "b").Did(Get, 4, 5, 2, "b").Did(Get, 6, 7, 1, "a")).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_ReadOlderThanAnAcknowledgedWrite_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 4, 2, "b").Did(Get, 5, 6, 1, "a")).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_AbsenceAfterAnAcknowledgedCreation_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Get, 3, 4, outcome: Outcome.Absent)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_TwoReplacementsOfOneRevision_HaveNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Replace, 3, 6, 2, "b", expected: 1).Did(Replace, 3, 6, 3, "c", expected: 1)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_TwoAcknowledgedDeletionsOfOneCreation_HaveNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Delete, 3, 6).Did(Delete, 3, 6)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_ConflictThatNobodyCaused_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Replace, 3, 4, value: "b", expected: 1, outcome: Outcome.Conflict)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_AlreadyThereWhenNobodyCreatedIt_HasNoOrder() => Search(New
        .Did(Create, 1, 2, value: "a", outcome: Outcome.Refused).Did(Create, 1, 3, value: "b", outcome: Outcome.Exists)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_NotFoundWhileADeletionWasRefused_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Delete, 3, 6, outcome: Outcome.Refused).Did(Patch, 4, 5, value: "b", outcome: Outcome.Absent)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_ValueOfARefusedWrite_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 4, value: "b", outcome: Outcome.Refused).Did(Get, 5, 6, 2, "b")).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_RevisionThatGoesBack_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 5, "a").Did(Patch, 3, 4, 4, "b")).ShouldBe(Rule.Linearizable);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Search_WriteOfUnknownOutcome_MayHaveHappenedOrNot(bool happened)
    {
        var history = New.Did(Create, 1, 2, 1, "a").Did(Patch, 3, 4, value: "b", outcome: Outcome.Unknown);
        Search(happened ? history.Did(Get, 9, 10, 2, "b") : history.Did(Get, 9, 10, 1, "a")).ShouldBeNull();
    }

    [Fact]
    public void Search_WriteOfUnknownOutcome_MayHappenLate() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 4, value: "b", outcome: Outcome.Unknown)
        .Did(Get, 5, 6, 1, "a").Did(Patch, 7, 8, 2, "c").Did(Get, 9, 10, 3, "b")).ShouldBeNull();

    [Fact]
    public void Search_WriteOfUnknownOutcomeSeenAndGone_HasNoOrder() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Patch, 3, 4, value: "b", outcome: Outcome.Unknown)
        .Did(Get, 5, 6, 2, "b").Did(Get, 7, 8, 1, "a")).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_UnseenWriteOfUnknownOutcome_ExplainsAConflict() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Replace, 3, 4, value: "b", expected: 1, outcome: Outcome.Unknown)
        .Did(Replace, 5, 6, value: "c", expected: 1, outcome: Outcome.Conflict)).ShouldBeNull();

    [Fact]
    public void Search_UnknownDeletion_ExplainsAbsenceOnce() => Search(New
        .Did(Create, 1, 2, 1, "a").Did(Delete, 3, 4, outcome: Outcome.Unknown).Did(Get, 5, 6, outcome: Outcome.Absent)
        .Did(Create, 7, 8, 3, "b").Did(Get, 9, 10, outcome: Outcome.Absent)).ShouldBe(Rule.Linearizable);

    [Fact]
    public void Search_TooManyStates_IsGivenUpRatherThanDecided()
    {
        var history = New.Did(Create, 1, 2, 1, "a");
        for (var i = 0; i < 14; i++)
            history.Did(Patch, 3, 100, value: $"u{i}", outcome: Outcome.Unknown);
        history.Did(Create, 200, 201, value: "z", outcome: Outcome.Exists).Did(Get, 210, 211, 1000, "never written");
        LinearizabilityCheck.Find(history.Build(), statesMax: 500).Single().Rule.ShouldBe(Rule.Decided);
    }

    [Fact]
    public void Search_ManyOperationsWithManyClients_EndsSoon()
    {
        // Ten clients patch and read one object all the time; every write has its effect in the middle of its interval.
        var history = New.Did(Create, 0, 1, 1, "v1");
        var random = new Random(7);
        for (var i = 2; i < 4000; i++)
        {
            history.Did(Patch, (i * 10) - random.Next(100), (i * 10) + random.Next(100), i, $"v{i}");
            history.Did(Get, (i * 10) + 1 - random.Next(30), (i * 10) + 2 + random.Next(30), i, $"v{i}");
        }

        Search(history).ShouldBeNull();
    }

    private static Rule? Search(HistoryBuilder history) => LinearizabilityCheck.Find(history.Build()).SingleOrDefault()?.Rule;
}
