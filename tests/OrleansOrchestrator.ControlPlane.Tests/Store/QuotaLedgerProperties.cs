using CsCheck;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>Whatever is written, made durable or lost: the accepted objects never take more than the quota, and none is refused that fits.</summary>
public sealed class QuotaLedgerProperties
{
    private const int CpuMax = 4;
    private const int PodsMax = 3;

    private static readonly V1ResourceQuotaSpec Spec = new()
    {
        Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new($"{PodsMax}"), ["requests.cpu"] = new($"{CpuMax}") },
    };

    private enum Step
    {
        Create,
        CreateElsewhere,
        CreateUnlimited,
        Run,
        End,
        Delete,
        Remove,
        Promote,
        Rollback,
        Restart,
        Wait,
    }

    [Fact]
    public void TryAccept_AnyWrites_KeepsToTheQuota() => Gen.Select(Gen.Int[0, (int)Step.Wait].Select(step => (Step)step), Gen.Int[0, 5], Gen.Int[0, 3])
        .Array[0, 60].Sample(steps =>
        {
            var run = new Run();
            foreach (var (step, name, cpu) in steps)
                run.Do(step, $"p{name}", cpu);
        });

    private sealed class Run
    {
        private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        private readonly QuotaLimits _quota = new("q", Spec);
        private readonly Queue<StoredChange> _pending = new();
        private ResourceState _state;

        public Run() => _state = new ResourceState(Samples.Pods, [], 1, 1, _clock);

        public void Do(Step step, string name, int cpu)
        {
            var key = new ObjectKey("default", name);
            var current = _state.FindAccepted(key);
            switch (step)
            {
                case Step.Create when current is null:
                    Create("default", name, cpu);
                    break;
                case Step.CreateElsewhere when _state.FindAccepted(new ObjectKey("elsewhere", name)) is null:
                    Write(WriteType.Create, Pod("elsewhere", name, cpu), 0).ShouldBeNull();
                    break;
                case Step.CreateUnlimited when current is null:
                    // Admission knows of no quota: the last one is gone, and another one comes later.
                    Write(WriteType.Create, Pod("default", name, cpu), 0, isLimited: false).ShouldBeNull();
                    break;
                case Step.Run when current is not null:
                    Change(current, pod => pod.Status = new V1PodStatus { Phase = "Running" });
                    break;
                case Step.End when current is not null:
                    Change(current, pod => pod.Status = new V1PodStatus { Phase = "Failed" });
                    break;
                case Step.Delete when current is not null:
                    // Again too: with another time to end.
                    Change(current, pod => (pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds) = (_clock.GetUtcNow().UtcDateTime, 20 * cpu));
                    break;
                case Step.Remove when current is not null:
                    Write(WriteType.Delete, null, current.Revision, current).ShouldBeNull();
                    break;
                case Step.Promote when _pending.Count > 0:
                    _state.Promote([_pending.Dequeue()]);
                    break;
                case Step.Rollback:
                    _state.Rollback();
                    _pending.Clear();
                    break;
                case Step.Restart:
                    // Another silo takes over, with what is durable.
                    _pending.Clear();
                    _state = new ResourceState(Samples.Pods, [.. _state.Durable.All()], _state.Head, _state.Accepted, _clock);
                    break;
                case Step.Wait:
                    _clock.Advance(TimeSpan.FromSeconds(25));
                    break;
            }
        }

        private void Create(string @namespace, string name, int cpu)
        {
            var used = Recount();
            var fits = used.GetValueOrDefault("pods") + Quantity.FromValue(1) <= Quantity.FromValue(PodsMax)
                && (cpu == 0 || used.GetValueOrDefault("requests.cpu") + Quantity.FromValue(cpu) <= Quantity.FromValue(CpuMax));

            var refusal = Write(WriteType.Create, Pod(@namespace, name, cpu), 0);

            (refusal is null).ShouldBe(fits, refusal?.Detail);
            if (refusal is null)
                return;
            refusal.Status.ShouldBe(CommitStatus.QuotaExceeded);
            refusal.Detail.ShouldStartWith("exceeded quota: q, requested: ");
        }

        private void Change(StoredObject current, Action<V1Pod> change)
        {
            var pod = (V1Pod)current.Decode();
            change(pod);
            Write(WriteType.Replace, pod, current.Revision).ShouldBeNull();
        }

        private CommitResult? Write(WriteType type, V1Pod? pod, long expected, StoredObject? gone = null, bool isLimited = true)
        {
            var (space, name) = gone is null ? (pod!.Metadata.NamespaceProperty, pod.Metadata.Name) : (gone.Key.Namespace, gone.Key.Name);
            QuotaLimit[]? quotas = isLimited && type == WriteType.Create && space == "default" ? [new QuotaLimit("q", ObjectCodec.Encode(Spec))] : null;
            var refusal = _state.TryAccept(
                new ObjectWrite(type, space, name, pod is null ? (ReadOnlyMemory<byte>?)null : Samples.Pods.Encode(pod), expected, [], Quotas: quotas), out var change);
            if (change is not null)
                _pending.Enqueue(change);
            return refusal;
        }

        /// <summary>What the accepted objects take, added up as slowly and plainly as can be.</summary>
        private Dictionary<string, Quantity> Recount()
        {
            var used = new Dictionary<string, Quantity>();
            for (var i = 0; i <= 5; i++)
            {
                if (_state.FindAccepted(new ObjectKey("default", $"p{i}")) is { } obj)
                    _quota.Add(used, _quota.UsageOf(obj).At(_clock.GetUtcNow()), WellKnownResources.Pods);
            }

            return used;
        }

        private static V1Pod Pod(string @namespace, string name, int cpu) => new()
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = @namespace, Name = name, Uid = $"{@namespace}-{name}" },
            Spec = new V1PodSpec
            {
                Containers =
                [
                    new V1Container
                    {
                        Name = "c",
                        Resources = cpu == 0 ? null : new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new($"{cpu}") } },
                    },
                ],
            },
        };
    }
}
