using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Api;

/// <summary>The addresses of the API: the configured server, and all others that the cluster has published.</summary>
/// <remarks>
/// All requests go to one server until it fails. The other addresses are the endpoints of the service <c>kubernetes</c>. They are kept
/// in a file, so that a daemon that starts while its configured server is dead finds another. Thread-safe.
/// </remarks>
internal sealed class ApiServers : IObjectSink<V1Endpoints>
{
    /// <summary>The back-off of calls while no server answers: from 200 ms, so that a failover of a silo costs little, to 5 s, well
    /// within the fencing time.</summary>
    public static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    private const string HttpsPort = "https";

    private readonly Lock _lock = new();
    private readonly Uri _first;
    private IReadOnlyList<Uri> _all;
    private CancellationTokenSource _moved = new();
    private StateFile? _file;
    private bool _isKept = true;

    /// <param name="first">The configured server.</param>
    public ApiServers(Uri first)
    {
        _first = Current = first;
        _all = [first];
    }

    /// <summary>The current server of requests.</summary>
    public Uri Current { get; private set; }

    /// <summary>All servers, the current one first.</summary>
    public IReadOnlyList<Uri> InTurn
    {
        get
        {
            lock (_lock)
            {
                var current = _all.ToList().IndexOf(Current);
                return [Current, .. _all.Skip(current + 1), .. _all.Take(Math.Max(current, 0))];
            }
        }
    }

    /// <summary>The current server, and a token that is cancelled when requests move to another one.</summary>
    public (Uri Server, CancellationToken Moved) Follow()
    {
        lock (_lock)
            return (Current, _moved.Token);
    }

    /// <summary>Loads the addresses from a file, and keeps the file up to date.</summary>
    /// <param name="file">The file.</param>
    public void KeepIn(string file)
    {
        _file = new StateFile(file);
        if (_file.ReadLines() is { } lines)
            Learn(lines.Select(line => Uri.TryCreate(line, UriKind.Absolute, out var server) ? server : null).OfType<Uri>());
    }

    /// <summary>Moves requests from a server that did not answer to the next one, if there is another.</summary>
    /// <returns>Whether requests now go to another server than the failed one.</returns>
    public bool MoveFrom(Uri failed)
    {
        var inTurn = InTurn;
        if (inTurn[0] == failed && inTurn.Count > 1)
            MoveTo(inTurn[1]);
        return Current != failed;
    }

    /// <summary>Moves requests to this server, and ends watches of others.</summary>
    public void MoveTo(Uri server)
    {
        CancellationTokenSource before;
        lock (_lock)
        {
            if (Current == server)
                return;
            Current = server;
            (before, _moved) = (_moved, new CancellationTokenSource());
        }

        before.Cancel();
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<V1Endpoints> objects)
    {
        foreach (var endpoints in objects)
            Upsert(endpoints);
    }

    /// <inheritdoc/>
    public void Upsert(V1Endpoints obj)
    {
        if (obj.Metadata is { Name: "kubernetes", NamespaceProperty: "default" })
            Learn((obj.Subsets ?? []).SelectMany(AddressesOf));
    }

    /// <inheritdoc/>
    public void Delete(V1Endpoints obj)
    {
        // Servers may exist although nobody lists them.
    }

    private IEnumerable<Uri> AddressesOf(V1EndpointSubset subset) =>
        from port in (subset.Ports ?? []).Where(port => port.Name is HttpsPort or null or "")
        from address in subset.Addresses ?? []
        where AddressSyntax.FamilyOf(address.Ip ?? "") is not null
        select new UriBuilder(_first.Scheme, AddressSyntax.Canonical(address.Ip), port.Port).Uri;

    private void Learn(IEnumerable<Uri> servers)
    {
        lock (_lock)
        {
            List<Uri> all = [_first, .. servers.Where(server => server != _first).Distinct()];

            // An empty list says only that its writer saw no servers.
            if (all.Count == 1 || (all.SequenceEqual(_all) && _isKept))
                return;
            _all = all;
            _isKept = TryKeep();
        }
    }

    private bool TryKeep()
    {
        try
        {
            _file?.Write(string.Concat(_all.Skip(1).Select(server => $"{server}\n")));
            return true;
        }
        catch (IOException)
        {
            // The disk may be full. What is known is used all the same, and the next list is kept.
            return false;
        }
    }
}
