using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>What the ledger costs: it runs inside the store's turn.</summary>
public sealed class QuotaLedgerTests
{
    private const string Space = "default";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly List<StoredObject> _pods = [];
    private readonly QuotaLedger _ledger;
    private int _sums;

    public QuotaLedgerTests() => _ledger = new QuotaLedger(WellKnownResources.Pods, AcceptedIn, _clock);

    [Fact]
    public void FindExcess_PodsThatShouldHaveGone_NoLongerCountAndNothingIsAddedUpAgain()
    {
        _pods.AddRange([Pod("a", deletedFor: 30), Pod("b", deletedFor: 60), Pod("c")]);

        Used().ShouldBe("pods=3");
        _clock.Advance(TimeSpan.FromSeconds(31));
        Used().ShouldBe("pods=2");
        _clock.Advance(TimeSpan.FromSeconds(30));
        Used().ShouldBe("pods=1");
        _ledger.Note(Space, _pods[0], null);
        Used().ShouldBe("pods=1");

        _sums.ShouldBe(1);
    }

    [Fact]
    public void FindExcess_PodThatIsGoneBeforeItsTime_IsNotTakenOffTwice()
    {
        _pods.AddRange([Pod("a", deletedFor: 30), Pod("b")]);

        Used().ShouldBe("pods=2");
        _ledger.Note(Space, _pods[0], null);
        _clock.Advance(TimeSpan.FromSeconds(31));

        Used().ShouldBe("pods=1");
    }

    [Fact]
    public void Note_StatusOfAPod_CostsNoLookAtThePod()
    {
        _pods.Add(Pod("a"));
        Used().ShouldBe("pods=1");
        _ledger.Note(Space, Pod("a"), Pod("a", hostIP: "10.0.0.1"));
        var (before, after) = (Pod("a"), Pod("a", hostIP: "10.0.0.2"));

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        _ledger.Note(Space, before, after);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        // To decode a pod takes thousands of bytes.
        allocated.ShouldBeLessThan(500);
        Used().ShouldBe("pods=1");
    }

    [Fact]
    public void FindExcess_CreationWithoutQuotas_ForgetsTheNamespace()
    {
        _pods.Add(Pod("a"));
        Used().ShouldBe("pods=1");

        _ledger.FindExcess(Space, null, before: _pods[0], after: Pod("a", hostIP: "10.0.0.1")).ShouldBeNull();
        Used().ShouldBe("pods=1");
        _sums.ShouldBe(1, "a change says nothing of quotas");
        _ledger.FindExcess(Space, null, before: null, after: Pod("b")).ShouldBeNull();
        Used().ShouldBe("pods=1");

        _sums.ShouldBe(2);
    }

    private IEnumerable<StoredObject> AcceptedIn(string @namespace)
    {
        _sums++;
        return _pods;
    }

    /// <summary>What is used, as a refusal tells it.</summary>
    private string Used()
    {
        var spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("0") } };
        var excess = _ledger.FindExcess(Space, [new QuotaLimit("q", ObjectCodec.Encode(spec))], null, Pod("another"));
        return excess.ShouldNotBeNull().Split(", ").Single(part => part.StartsWith("used: ", StringComparison.Ordinal))["used: ".Length..];
    }

    private StoredObject Pod(string name, int? deletedFor = null, string? hostIP = null) => Samples.Stored(
        Samples.Pods,
        new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = Space,
                Name = name,
                DeletionTimestamp = deletedFor is null ? null : _clock.GetUtcNow().UtcDateTime,
                DeletionGracePeriodSeconds = deletedFor,
            },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "c" }] },
            Status = new V1PodStatus { Phase = "Running", HostIP = hostIP },
        },
        revision: 1);
}
