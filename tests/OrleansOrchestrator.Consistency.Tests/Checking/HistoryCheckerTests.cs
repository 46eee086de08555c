using OrleansOrchestrator.Consistency.Tests.Histories;
using static OrleansOrchestrator.Consistency.Tests.Histories.ChangeType;
using static OrleansOrchestrator.Consistency.Tests.Histories.OperationKind;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>A sound history passes; each way of breaking it is flagged under the promise that it breaks.</summary>
public sealed class HistoryCheckerTests
{
    [Fact]
    public void Checker_SoundHistory_FindsNothing() => Broken(_ => { }).ShouldBeEmpty();

    [Fact]
    public void Checker_AcknowledgedWriteMissingInTheLog_IsFlagged() =>
        Broken(history => history.Log.RemoveAt(1)).ShouldContain(Rule.Durable);

    [Fact]
    public void Checker_AcknowledgedWriteMissingInTheEnd_IsFlagged() =>
        Broken(_ => { }, new Dictionary<string, Version> { ["k"] = new(4, "d"), ["l"] = new(2, "b") }).ShouldContain(Rule.Durable);

    [Fact]
    public void Checker_AcknowledgedDeletionMissingInTheLog_IsFlagged() =>
        Broken(history => history.Log.RemoveAll(change => change.Type == Deleted)).ShouldContain(Rule.Durable);

    [Fact]
    public void Checker_WriteWithTwoEffects_IsFlagged() =>
        Broken(history => history.Logged(9, Modified, "d")).ShouldContain(Rule.OneEffect);

    [Fact]
    public void Checker_DeletionThatNobodyAskedFor_IsFlagged() =>
        Broken(history => history.Logged(9, Deleted, "d")).ShouldContain(Rule.OneEffect);

    [Fact]
    public void Checker_ChangeThatNobodyWrote_IsFlagged() =>
        Broken(history => history.Logged(9, Modified, "nobody's")).ShouldContain(Rule.OneEffect);

    [Fact]
    public void Checker_RefusedWriteInTheLog_IsFlagged() => Broken(history => history
        .Did(Patch, 80, 81, value: "refused", outcome: Outcome.Refused).Logged(9, Modified, "refused")).ShouldContain(Rule.OneEffect);

    [Fact]
    public void Checker_AnswerThatShowsAnotherWrite_IsFlagged() =>
        Broken(history => history.Operations[0] = history.Operations[0] with { Written = "z" }).ShouldContain(Rule.OneEffect);

    [Fact]
    public void Checker_LogOutOfOrder_IsFlagged() =>
        Broken(history => history.Log.Reverse(0, 2)).ShouldContain(Rule.Ordered);

    [Fact]
    public void Checker_RevisionGivenTwice_IsFlagged() => Broken(history => history
        .Did(Create, 80, 81, 4, "n", key: "n").Logged(4, Added, "n", "n")).ShouldContain(Rule.Ordered);

    [Fact]
    public void Checker_LaterWriteWithASmallerRevision_IsFlagged() => Broken(history =>
    {
        history.Did(Create, 80, 81, 9, "m", key: "m").Did(Create, 82, 83, 8, "n", key: "n");
        history.Logged(8, Added, "n", "n").Logged(9, Added, "m", "m");
    }).ShouldContain(Rule.Ordered);

    [Fact]
    public void Checker_ListOlderThanAnAcknowledgedWrite_IsFlagged() =>
        Broken(history => history.Listed(90, 91, 2, ("k", 1, "a"), ("l", 2, "b"))).ShouldContain(Rule.Fresh);

    [Fact]
    public void Checker_ListThatGoesBack_IsFlagged() => Broken(history =>
    {
        // Nobody has been told of the newest revision but by a list.
        history.Did(Patch, 80, 200, value: "u", outcome: Outcome.Unknown).Logged(9, Modified, "u");
        history.Listed(90, 91, 9, ("k", 9, "u")).Listed(92, 93, 6, ("k", 4, "d"));
    }).ShouldContain(Rule.Fresh);

    [Fact]
    public void Checker_ListThatMixesRevisions_IsFlagged() =>
        Broken(history => history.Listed(22, 100, 3, ("k", 3, "c"))).ShouldContain(Rule.Fresh);

    [Fact]
    public void Checker_WatchThatLeavesAChangeOut_IsFlagged() =>
        Broken(history => history.Watched(0, 0, 1, 3, 4)).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchThatShowsAChangeTwice_IsFlagged() =>
        Broken(history => history.Watched(0, 0, 1, 1, 2, 3, 4)).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchOutOfOrder_IsFlagged() =>
        Broken(history => history.Watched(0, 0, 2, 1, 3, 4)).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchThatEndsEarly_IsFlagged() =>
        Broken(history => history.Watched(0, 0, 1, 2)).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchThatShowsWhatWasBefore_IsFlagged() =>
        Broken(history => history.Watched(2, 1, 2, 3, 4)).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchThatShowsWhatNeverBecameDurable_IsFlagged() => Broken(history =>
    {
        history.Watched(0, 0, 1, 2, 3, 4);
        history.Watches[^1].Changes.Add(new Change(9, Modified, "k", "lost"));
    }).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchWithAnotherContent_IsFlagged() => Broken(history =>
    {
        history.Watched(0, 0, 1, 2, 3, 4);
        history.Watches[^1].Changes[2] = history.Watches[^1].Changes[2] with { Value = "other" };
    }).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_BookmarkBeyondWhatWasShown_IsFlagged() => Broken(history =>
    {
        history.Watched(0, 0, 1);
        history.Watches[^1].HasExpired = true;
        history.Watches[^1].CompleteUpTo = 3;
    }).ShouldContain(Rule.Watched);

    [Fact]
    public void Checker_WatchThatExpiredEarly_IsNoFault() => Broken(history =>
    {
        history.Watched(0, 0, 1);
        history.Watches[^1].HasExpired = true;
        history.Watched(3, 3, 4);
    }).ShouldBeEmpty();

    /// <summary>A sound history, and what the checker says once it has been broken.</summary>
    private static List<Rule> Broken(Action<HistoryBuilder> fault, Dictionary<string, Version>? final = null)
    {
        var history = new HistoryBuilder()
            .Did(Create, 1, 10, 1, "a").Logged(1, Added, "a")
            .Did(Create, 5, 12, 2, "b", key: "l").Logged(2, Added, "b", "l")
            .Listed(13, 14, 2, ("k", 1, "a"), ("l", 2, "b"))
            .Did(Patch, 20, 30, 3, "c").Logged(3, Modified, "c")
            .Did(Get, 22, 28, 1, "a")
            .Did(Replace, 40, 50, 4, "d", expected: 3).Logged(4, Modified, "d")
            .Did(Replace, 40, 51, value: "e", expected: 3, outcome: Outcome.Conflict)
            .Did(Delete, 60, 70, key: "l").Logged(6, Deleted, "b", "l")
            .Did(Get, 71, 72, 4, "d").Did(Get, 71, 72, key: "l", outcome: Outcome.Absent)
            .Listed(73, 74, 6, ("k", 4, "d"))
            .Watched(0, 0, 1, 2, 3, 4).Watched(2, 2, 3, 4).Watched(6);
        fault(history);
        return [.. HistoryChecker.Find(history.Build(final)).Select(finding => finding.Rule).Distinct()];
    }
}
