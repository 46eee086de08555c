using CsCheck;
using OrleansOrchestrator.ControlPlane.Controllers;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class WorkQueueTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Base = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(1);

    private readonly WorkQueue<int> _queue = new("test", Base, Max, key => key < 1_000 ? "flood" : "calm");

    private enum Move
    {
        Add,
        AddLater,
        AddBatched,
        Take,
        Succeed,
        Fail,
        Wait,
    }

    [Fact]
    public void TryTake_NamespaceWithVeryManyKeys_TakesTurnsWithTheOthers()
    {
        for (var key = 0; key < 1_000; key++)
            _queue.Add(key, Start);
        _queue.Add(1_000, Start);
        _queue.Add(1_001, Start);

        Enumerable.Range(0, 4).Select(_ => _queue.TryTake(Start, out var key) ? key : -1).ShouldBe([0, 1_000, 1, 1_001]);
    }

    [Fact]
    public void RandomMoves_LoseNoKey_AndWorkOnNoneTwiceAtOnce() =>
        Gen.Select(Gen.Enum<Move>(), Gen.Int[0, 3]).Array[0, 120].Sample(moves =>
        {
            var queue = new WorkQueue<int>("test", Base, Max, key => $"{key % 2}");
            var now = Start;
            var working = new List<int>();
            var wanted = new HashSet<int>();
            foreach (var (move, key) in moves)
            {
                switch (move)
                {
                    case Move.Add:
                        queue.Add(key, now);
                        wanted.Add(key);
                        break;
                    case Move.AddLater:
                        queue.AddAt(key, now + (Base * key));
                        wanted.Add(key);
                        break;
                    case Move.AddBatched:
                        queue.AddBatched(key, now);
                        wanted.Add(key);
                        break;
                    case Move.Take when queue.TryTake(now, out var taken):
                        working.ShouldNotContain(taken);
                        working.Add(taken);
                        wanted.Remove(taken);
                        break;
                    case Move.Succeed or Move.Fail when working.Count > 0:
                        var done = working[key % working.Count];
                        working.Remove(done);
                        queue.Done(done, move == Move.Succeed, now, Base * (key % 3));
                        if (move == Move.Fail)
                            wanted.Add(done);
                        break;
                    case Move.Wait:
                        now += Base * key;
                        break;
                }
            }

            // Whatever was asked for after its last work began is still taken in the end, and then the queue is empty.
            foreach (var key in working)
                queue.Done(key, true, now);
            now += Max + Max;
            while (queue.TryTake(now, out var key))
            {
                wanted.Remove(key);
                queue.Done(key, true, now);
            }

            wanted.ShouldBeEmpty();
            queue.Count.ShouldBe(0);
            queue.NextDue.ShouldBeNull();
        }, iter: 500);

    [Fact]
    public void WorkQueue_KeyAddedManyTimes_IsTakenOnce()
    {
        for (var i = 0; i < 5; i++)
            _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        Take(Start).ShouldBeNull();
    }

    [Fact]
    public void WorkQueue_KeyAddedWhileAtWork_IsTakenAgainAfterwards()
    {
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.Add(1, Start);
        Take(Start).ShouldBeNull();
        _queue.Done(1, true, Start);
        Take(Start).ShouldBe(1);
    }

    [Fact]
    public void AddBatched_KeyRests_IsTakenOnceAtTheEndOfItsRest()
    {
        _queue.AddBatched(1, Start);
        Take(Start).ShouldBe(1, "it has not worked yet");
        _queue.AddBatched(1, Start);
        _queue.Done(1, true, Start, Max);
        for (var i = 1; i < 10; i++)
        {
            _queue.AddBatched(1, Start + (Max * i / 10));
            Take(Start + (Max * i / 10)).ShouldBeNull();
        }

        _queue.NextDue.ShouldBe(Start + Max);
        Take(Start + Max).ShouldBe(1);
        _queue.Done(1, true, Start + Max, Max);
        Take(Start + Max + Max).ShouldBeNull("nothing came meanwhile");
        _queue.AddBatched(1, Start + Max + Max);
        Take(Start + Max + Max).ShouldBe(1, "the first one after a rest does not wait");
    }

    [Fact]
    public void Add_KeyRests_IsTakenAtOnce_AndSeesWhatTheOthersWaitedFor()
    {
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.Done(1, true, Start, Max);
        _queue.AddBatched(1, Start);
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.Done(1, true, Start);
        Take(Start + Max).ShouldBeNull();
    }

    [Fact]
    public void Done_LaterRestIsShorter_EndsWhenItSays()
    {
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.Done(1, true, Start, Max);
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.Done(1, true, Start, Base);
        _queue.AddBatched(1, Start);

        _queue.NextDue.ShouldBe(Start + Base);
        Take(Start + Base).ShouldBe(1);
        _queue.Done(1, true, Start + Base);
        Take(Start + Max).ShouldBeNull();
        _queue.NextDue.ShouldBeNull();
    }

    [Fact]
    public void Add_KeyAtWork_DoesNotWaitForItsRest()
    {
        _queue.Add(1, Start);
        Take(Start).ShouldBe(1);
        _queue.AddBatched(1, Start);
        _queue.Add(1, Start);
        _queue.AddBatched(1, Start);
        _queue.Done(1, true, Start, Max);
        Take(Start).ShouldBe(1);
    }

    [Fact]
    public void AFailedKey_WaitsTwiceAsLongEachTime_UpToTheLongestAndStartsOverAfterASuccess()
    {
        var now = Start;
        _queue.Add(1, Start);
        double[] waits = [20, 40, 80, 160, 320, 640, 1000, 1000];
        foreach (var wait in waits)
        {
            Take(now).ShouldBe(1);
            _queue.Done(1, false, now);
            _queue.NextDue.ShouldBe(now + TimeSpan.FromMilliseconds(wait));
            Take(now + TimeSpan.FromMilliseconds(wait - 1)).ShouldBeNull();
            now += TimeSpan.FromMilliseconds(wait);
        }

        Take(now).ShouldBe(1);
        _queue.Done(1, true, now);
        _queue.Add(1, Start);
        Take(now).ShouldBe(1);
        _queue.Done(1, false, now);
        _queue.NextDue.ShouldBe(now + Base);
    }

    [Fact]
    public void AKeyWantedAtManyTimes_IsTakenAtTheEarliest_AndOnlyThen()
    {
        // Each look at an object may ask for another one later. These must not add up.
        for (var i = 10; i >= 1; i--)
            _queue.AddAt(1, Start + TimeSpan.FromSeconds(i));
        for (var i = 1; i <= 10; i++)
            _queue.AddAt(1, Start + TimeSpan.FromSeconds(i));
        var later = Start + TimeSpan.FromSeconds(1);
        Take(later - TimeSpan.FromTicks(1)).ShouldBeNull();
        Take(later).ShouldBe(1);
        _queue.Done(1, true, later);
        Take(Start + TimeSpan.FromSeconds(60)).ShouldBeNull();
    }

    /// <summary>Looks at an object each want the next one in a year; then it is deleted, and its last look wants none.</summary>
    [Fact]
    public void AKeyThatIsLookedAtAndGoes_LeavesNothingForLater()
    {
        var now = Start;
        for (var i = 0; i < 1_000; i++)
        {
            now += TimeSpan.FromSeconds(1);
            _queue.Add(1, now);
            Take(now).ShouldBe(1);
            _queue.Done(1, true, now);
            _queue.AddAt(1, now.AddDays(365));
            _queue.DelayedCount.ShouldBeLessThan(100);
        }

        _queue.Add(1, now);
        Take(now).ShouldBe(1);
        _queue.Done(1, true, now);
        Take(now.AddDays(400)).ShouldBeNull();
    }

    private int? Take(DateTimeOffset now) => _queue.TryTake(now, out var key) ? key : null;
}
