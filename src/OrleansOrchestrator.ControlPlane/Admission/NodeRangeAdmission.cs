using System.Net;
using k8s.Models;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Kinds.Core;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Gives nodes their ranges of pod addresses. It picks at random among those that the store reports as free, so that a range that has just
/// been given back is seldom the next one: other machines may still have routes for it. If another node takes the range first, the commit
/// refuses it and another one is chosen.
/// </summary>
/// <remarks>A node for which nothing is free is created without a range. <see cref="NodeRangeReconciler"/> asks again.</remarks>
internal sealed class NodeRangeAdmission(NodeAddressingOptions options, FreeClaims free, TimeProvider time) : IChoosingAdmission
{
    // A search that finds nothing asks for every range of the cluster, for the sake of every node that waits.
    private static readonly TimeSpan SearchPeriod = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<NodeRangePool> _pools = options.Pools();
    private long _exhaustedAt;

    public string Name => "NodeRange";

    public bool Handles(AdmissionRequest request) =>
        options.IsOn && request is { Subresource: "", Object: V1Node node } && NodeRangeReconciler.IsWithout(node)
        && (request.Operation == AdmissionOperation.Create || IsAskedFor(request));

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken) => ChooseAsync(request, cancellationToken);

    public async ValueTask<AdmissionRequest?> ReplaceClaimAsync(AdmissionRequest request, string claim, CancellationToken cancellationToken)
    {
        if (request.Object is not V1Node node || !request.Choices.Chosen.Contains(claim))
            return null;
        (node.Spec.PodCIDR, node.Spec.PodCIDRs) = (null, null);
        var choices = new ClaimChoices(Chosen: [], Lost: request.Choices.Lost.Add(claim));
        return await ChooseAsync(request with { Choices = choices }, cancellationToken);
    }

    private static bool IsAskedFor(AdmissionRequest request) =>
        request.Operation == AdmissionOperation.Update && request.User.Name == NodeRangeReconciler.UserName
        && request.OldObject is V1Node before && NodeRangeReconciler.IsWithout(before);

    private async ValueTask<AdmissionRequest> ChooseAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var ranges = await FindAsync(request, cancellationToken);
        if (ranges.Count < _pools.Count)
        {
            return IsAskedFor(request)
                ? throw ApiErrors.Internal($"{NodeRangeReconciler.Exhausted}: all {_pools[ranges.Count].Count} ranges of {_pools[ranges.Count].Network} are taken")
                : request;
        }

        var spec = ((V1Node)request.Object!).Spec ??= new V1NodeSpec();
        spec.PodCIDRs = [.. ranges.Select(range => range.ToString())];
        spec.PodCIDR = spec.PodCIDRs[0];
        return request with { Choices = request.Choices with { Chosen = [.. ranges.Select(NodeClaims.Range)] } };
    }

    /// <summary>A free range of each pool, up to the first pool that has none.</summary>
    private async Task<List<IPNetwork>> FindAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var ranges = new List<IPNetwork>();
        if (Volatile.Read(ref _exhaustedAt) is var before and not 0 && time.GetElapsedTime(before) < SearchPeriod)
            return ranges;
        foreach (var pool in _pools)
        {
            if (await free.FindAsync(request.Definition, Ranges(pool), NodeClaims.Range, request.Choices.Lost, 1, cancellationToken) is not [var range])
            {
                Volatile.Write(ref _exhaustedAt, time.GetTimestamp());
                return ranges;
            }

            ranges.Add(range);
        }

        return ranges;
    }

    /// <summary>All ranges, beginning with a random one.</summary>
    private static IEnumerable<IPNetwork> Ranges(NodeRangePool pool)
    {
        var start = Random.Shared.Next(pool.Count);
        return Enumerable.Range(0, pool.Count).Select(i => pool.At((start + i) % pool.Count));
    }
}
