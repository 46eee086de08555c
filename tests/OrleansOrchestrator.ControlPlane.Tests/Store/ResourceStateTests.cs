using CsCheck;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ResourceStateTests
{
    private static readonly Gen<Step> Steps = Gen.Frequency(
        (8, Gen.Select(Gen.Enum<WriteType>(), Gen.Int[0, 3], Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))).Select(Step (write) => new Edit(write.Item1, write.Item2, write.Item3))),
        (3, Gen.Int[1, 4].Select(Step (count) => new MakeDurable(count))),
        (1, Gen.Const<Step>(new GiveUp())));

    private readonly ResourceState _state = new(Samples.Maps, [], 7, 7, TimeProvider.System);

    [Fact]
    public void ResourceState_RandomSteps_AlwaysMatchTheModel() => Steps.Array[0, 80].Sample(
        steps =>
        {
            var model = new Model();
            foreach (var step in steps)
                model.Apply(step);
        },
        iter: 400);

    [Fact]
    public void AnAcceptedWrite_IsSeenByWritersAndNotByReaders_UntilItIsDurable()
    {
        var change = Accept(Samples.Create("a", "1"));
        var key = change.Object.Key;
        _state.FindAccepted(key).ShouldBeSameAs(change.Object);
        _state.Durable.Find(key).ShouldBeNull();
        _state.Head.ShouldBe(7);

        _state.Promote([change]);
        _state.Durable.Find(key).ShouldBeSameAs(change.Object);
        _state.Head.ShouldBe(8);
    }

    [Fact]
    public void ResourceState_RevisionThatWasRolledBack_IsNeverGivenAgain()
    {
        // A writer may have read the version that was dropped: another one must not pass for it.
        var dropped = Accept(Samples.Create("a", "dropped"));
        _state.Rollback();
        var kept = Accept(Samples.Create("a", "kept"));
        kept.Revision.ShouldBeGreaterThan(dropped.Revision);
        _state.TryAccept(Samples.Replace("a", dropped.Revision, "on top of dropped"), out _)!.Status.ShouldBe(CommitStatus.Conflict);
    }

    [Fact]
    public void ADeletion_KeepsTheLastState_AtItsOwnRevision()
    {
        var created = Accept(Samples.Create("a", "last"));
        var deleted = Accept(Samples.Delete("a", created.Revision));
        deleted.Type.ShouldBe(LogChangeType.Deleted);
        deleted.Revision.ShouldBe(created.Revision + 1);
        Samples.ValueOf(deleted.Object).ShouldBe("last");
        deleted.Previous.ShouldBeSameAs(created.Object);
        _state.FindAccepted(created.Object.Key).ShouldBeNull();
    }

    [Fact]
    public void AWriteThatNamesAnotherObject_IsRefusedLoudly_AndChangesNothing()
    {
        var wrong = Samples.Create("a") with { Name = "b" };
        Should.Throw<InvalidOperationException>(() => _state.TryAccept(wrong, out _));
        _state.Accepted.ShouldBe(7);
        _state.FindAccepted(new ObjectKey("default", "b")).ShouldBeNull();
    }

    [Fact]
    public void AClaimOfAnUndurableDeletion_IsFreeForWriters_AndHeldAgainAfterARollback()
    {
        var state = new ResourceState(Samples.Services, [Samples.Stored(Samples.Services, Service("old"), 3)], 3, 3, TimeProvider.System);
        state.TryAccept(Write(WriteType.Create, "new"), out _)!.ShouldBe(new CommitResult(CommitStatus.ClaimTaken, Detail: "ip/10.0.0.2"));
        state.TryAccept(Write(WriteType.Delete, "old", 3), out _).ShouldBeNull();
        state.TryAccept(Write(WriteType.Create, "new"), out _).ShouldBeNull();

        state.Rollback();
        state.TryAccept(Write(WriteType.Create, "new"), out _)!.Status.ShouldBe(CommitStatus.ClaimTaken);
    }

    private static ObjectWrite Write(WriteType type, string name, long expected = 0)
    {
        var service = Service(name);
        return new ObjectWrite(type, "default", name, Samples.Services.Encode(service), expected, Samples.Services.Claims(service));
    }

    private static V1Service Service(string name) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1ServiceSpec { Type = "ClusterIP", ClusterIP = "10.0.0.2", ClusterIPs = ["10.0.0.2"], Ports = [new V1ServicePort { Port = 80 }] },
    };

    private StoredChange Accept(ObjectWrite write)
    {
        _state.TryAccept(write, out var change).ShouldBeNull();
        return change.ShouldNotBeNull();
    }

    private abstract record Step;

    private sealed record Edit(WriteType Type, int Name, bool IsStale) : Step;

    private sealed record MakeDurable(int Count) : Step;

    private sealed record GiveUp : Step;

    private sealed class Model
    {
        private readonly ResourceState _state = new(Samples.Maps, [], 7, 7, TimeProvider.System);
        private readonly Queue<StoredChange> _pending = [];
        private readonly Dictionary<string, (long Revision, string Value)> _durable = [];
        private Dictionary<string, (long Revision, string Value)> _accepted = [];
        private long _newest = 7;
        private long _head = 7;

        public void Apply(Step step)
        {
            switch (step)
            {
                case Edit edit:
                    Apply(edit);
                    break;
                case MakeDurable(var count):
                    Promote(Math.Min(count, _pending.Count));
                    break;
                default:
                    _state.Rollback();
                    _pending.Clear();
                    _accepted = new(_durable);
                    break;
            }

            Compare();
        }

        private void Apply(Edit edit)
        {
            var name = $"n{edit.Name}";
            var exists = _accepted.TryGetValue(name, out var current);
            var expected = edit.IsStale ? current.Revision + 1 : current.Revision;
            var value = $"{edit.Type}-{_newest}";
            var refusal = _state.TryAccept(
                edit.Type switch
                {
                    WriteType.Create => Samples.Create(name, value),
                    WriteType.Replace => Samples.Replace(name, expected, value),
                    _ => Samples.Delete(name, expected),
                },
                out var change);
            CommitStatus? wanted = edit.Type == WriteType.Create ? exists ? CommitStatus.AlreadyExists : null
                : !exists ? CommitStatus.NotFound
                : edit.IsStale ? CommitStatus.Conflict : null;
            (refusal?.Status).ShouldBe(wanted);
            if (wanted is not null)
                return;

            change!.Revision.ShouldBeGreaterThan(_newest);
            _newest = change.Revision;
            _pending.Enqueue(change);
            if (edit.Type == WriteType.Delete)
                _accepted.Remove(name);
            else
                _accepted[name] = (change.Revision, value);
        }

        private void Promote(int count)
        {
            var promoted = new List<StoredChange>();
            for (var i = 0; i < count; i++)
            {
                var change = _pending.Dequeue();
                promoted.Add(change);
                _head = change.Revision;
                if (change.Type == LogChangeType.Deleted)
                    _durable.Remove(change.Object.Key.Name);
                else
                    _durable[change.Object.Key.Name] = (change.Revision, Samples.ValueOf(change.Object));
            }

            _state.Promote(promoted);
        }

        private void Compare()
        {
            _state.Head.ShouldBe(_head);
            _state.Durable.All().ToDictionary(obj => obj.Key.Name, obj => (obj.Revision, Samples.ValueOf(obj))).ShouldBe(_durable, ignoreOrder: true);
            for (var i = 0; i <= 3; i++)
            {
                var found = _state.FindAccepted(new ObjectKey("default", $"n{i}"));
                (found is null ? default : (found.Revision, Samples.ValueOf(found))).ShouldBe(_accepted.GetValueOrDefault($"n{i}"));
            }
        }
    }
}
