using System.Globalization;
using System.Threading.Channels;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Scenarios;

namespace OrleansOrchestrator.LoadTests.Hollow;

/// <summary>Many <see cref="HollowNode"/>s in one process. Each has a lease and a watch of its own; what they report leaves side by side.</summary>
internal sealed class HollowNodes : IAsyncDisposable
{
    private const int ReportsInFlight = 128;
    private const int CreatesInFlight = 32;
    private const int Zones = 3;
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(200);
    private readonly LoadContext _context;
    private readonly Channel<RequestTemplate> _reports = Channel.CreateUnbounded<RequestTemplate>();
    private readonly List<HollowNode> _nodes = [];
    private readonly List<Task> _reporters = [];
    private long _failedReports;

    private HollowNodes(LoadContext context) => _context = context;

    public IReadOnlyList<HollowNode> Nodes => _nodes;

    /// <summary>How many reports were refused, other than for a pod that is gone.</summary>
    public long FailedReports => Interlocked.Read(ref _failedReports);

    /// <summary>Registers nodes and starts them; they watch when this returns.</summary>
    /// <param name="context">The server, and how often nodes renew their leases.</param>
    /// <param name="count">How many.</param>
    /// <param name="runsPods">Whether they look at their pods; without, they are alive and nothing else.</param>
    /// <param name="first">The number of the first, where there are some already.</param>
    public static async Task<HollowNodes> StartAsync(LoadContext context, int count, bool runsPods, int first = 0)
    {
        var hollow = new HollowNodes(context);
        var client = context.Pump.Client;
        await ForAllAsync(count, async (channel, index) =>
        {
            var number = first + index;
            var name = NameOf(number);
            await RequireCreatedAsync(channel, client.Request("POST", "/api/v1/nodes", HollowManifests.Node(name, number % Zones)));
            await RequireCreatedAsync(channel, client.Request(
                "POST",
                "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
                HollowManifests.Lease(name, TimeProvider.System.GetUtcNow())));
            var node = new HollowNode(name, number, client, context.Watches, hollow.Report, context.RenewInterval);
            lock (hollow._nodes)
                hollow._nodes.Add(node);
            node.Start(context.RenewInterval * index / count, runsPods);
        });

        for (var i = 0; i < ReportsInFlight; i++)
            hollow._reporters.Add(Task.Run(hollow.ReportAsync));
        await Task.WhenAll(hollow._nodes.Select(node => node.Watching));
        return hollow;

        async Task ForAllAsync(int all, Func<IApiChannel, int, Task> act)
        {
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, CreatesInFlight).Select(_ => Task.Run(async () =>
            {
                await using var channel = client.Open();
                while (Interlocked.Increment(ref next) is var number && number < all)
                    await act(channel, number);
            })));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DieAsync();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        _reports.Writer.Complete();
        await Task.WhenAll(_reporters);
        if (_context.Local is not null)
            return;
        await using var channel = _context.Pump.Client.Open();
        foreach (var node in _nodes)
            await channel.SendAsync(_context.Pump.Client.Request("DELETE", $"/api/v1/nodes/{node.Name}"), 0);
    }

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"hollow-{number:D5}");

    private static async Task RequireCreatedAsync(IApiChannel channel, RequestTemplate request)
    {
        while (true)
        {
            var result = await channel.SendAsync(request, 0);
            if (result.IsSuccess || result.Status == 409)
                return;
            if (result.Status != 429)
                throw new IOException($"{request.Method} {request.Path} was answered with {result.Status}");
            await Task.Delay(RetryTime, TimeProvider.System);
        }
    }

    private void Report(RequestTemplate report) => _reports.Writer.TryWrite(report);

    private async Task ReportAsync()
    {
        await using var channel = _context.Pump.Client.Open();
        await foreach (var report in _reports.Reader.ReadAllAsync())
        {
            try
            {
                var result = await channel.SendAsync(report, 0);
                if (result.Status == 429)
                    await RepeatLaterAsync(report);
                else if (!result.IsSuccess && result.Status is not (404 or 409))
                    Interlocked.Increment(ref _failedReports);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _failedReports);
            }
        }
    }

    /// <summary>A server that has too much to do is asked again, as kubelets do.</summary>
    private async Task RepeatLaterAsync(RequestTemplate report)
    {
        await Task.Delay(RetryTime, TimeProvider.System);
        if (!_reports.Writer.TryWrite(report))
            Interlocked.Increment(ref _failedReports);
    }
}
