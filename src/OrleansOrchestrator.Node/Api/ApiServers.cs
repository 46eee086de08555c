using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Api;

/// <summary>Where the API is: the server that the configuration names, and all others that the cluster has told of.</summary>
/// <remarks>
/// All requests go to one of them until it fails. The addresses are the endpoints of the service <c>kubernetes</c>, and are
/// kept in a file, so that a daemon that starts while its first server is dead finds another. Thread-safe.
/// </remarks>
internal sealed class ApiServers : IObjectSink<V1Endpoints>
{
    /// <summary>The waits between calls that no server answers.</summary>
    public static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5));

    private const string HttpsPort = "https";

    private readonly Lock _lock = new();
    private readonly Uri _first;
    private IReadOnlyList<Uri> _all;
    private CancellationTokenSource _moved = new();
    private string? _file;

    /// <param name="first">The server that the configuration names.</param>
    public ApiServers(Uri first)
    {
        _first = Current = first;
        _all = [first];
    }

    /// <summary>The server that requests go to.</summary>
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

    /// <summary>The server that requests go to, and what is cancelled once they go to another one.</summary>
    public (Uri Server, CancellationToken Moved) Follow()
    {
        lock (_lock)
            return (Current, _moved.Token);
    }

    /// <summary>Reads the addresses that were known last, and keeps what is learned from now on.</summary>
    /// <param name="file">The file.</param>
    public void KeepIn(string file)
    {
        _file = file;
        if (File.Exists(file))
            Learn(File.ReadAllLines(file).Select(line => Uri.TryCreate(line, UriKind.Absolute, out var server) ? server : null).OfType<Uri>());
    }

    /// <summary>A server did not answer: requests go to the next one, if there is one.</summary>
    /// <returns>Whether requests go to another server than this one now.</returns>
    public bool MoveFrom(Uri failed)
    {
        var inTurn = InTurn;
        if (inTurn[0] == failed && inTurn.Count > 1)
            MoveTo(inTurn[1]);
        return Current != failed;
    }

    /// <summary>Requests go to this server from now on, and watches of others end.</summary>
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
        // The servers are not gone because nobody lists them.
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

            // An empty list says only that whoever writes it could not.
            if (all.Count == 1 || all.SequenceEqual(_all))
                return;
            _all = all;
            if (_file is not null)
                File.WriteAllLines(_file, all.Skip(1).Select(server => server.ToString()));
        }
    }
}
