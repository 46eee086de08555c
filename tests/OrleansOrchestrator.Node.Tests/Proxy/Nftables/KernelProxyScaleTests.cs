using System.Diagnostics;
using System.Globalization;
using System.Net;
using k8s.Models;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>Very many services in a real kernel. What it takes is reported, not judged.</summary>
public sealed class KernelProxyScaleTests
{
    // Set it to measure another number.
    private const string ServicesVariable = "ORCHESTRATOR_PROXY_SERVICES";
    private const int EndpointsOfAService = 10;
    private const int Changes = 20;
    private const int MeasuredChanges = 300;

    [Fact]
    public async Task Services_VeryMany_AreServedAndAChangeIsSmall()
    {
        var wanted = Environment.GetEnvironmentVariable(ServicesVariable);
        var (count, samples) = (int.Parse(wanted ?? "1000", CultureInfo.InvariantCulture), wanted is null ? Changes : MeasuredChanges);
        await using var fixture = await KernelProxyFixture.StartAsync(pods: 1);
        await fixture.StartProxyAsync();
        await fixture.Pod(0).ServeTcpAsync(8080);
        var all = Enumerable.Range(0, count).Select(ServiceOf).ToArray();
        foreach (var (service, slices) in new[] { all[0], all[^1] })
            slices[0] = KernelProxyFixture.Slice(service, 8080, 0);

        var clock = Stopwatch.StartNew();
        await fixture.ServeAsync(all);
        var whole = clock.Elapsed;

        var changes = new List<double>();
        for (var i = 0; i < samples; i++)
        {
            var (service, _) = all[1 + (i * 37 % (count - 2))];
            clock.Restart();
            await fixture.PutAsync(KernelProxyFixture.Slice(service, 8080, "elsewhere", [.. Addresses(i).Take(EndpointsOfAService - 1)]));
            changes.Add(clock.Elapsed.TotalMilliseconds);
        }

        var calls = new List<string>();
        foreach (var (address, port) in new[] { (KernelProxyFixture.AddressOf(0), 8080), (all[0].Service.Spec.ClusterIP, 80), (all[^1].Service.Spec.ClusterIP, 80) })
        {
            var took = new List<double>();
            for (var i = 0; i < samples; i++)
            {
                clock.Restart();
                (await fixture.Node.CallAsync(address, port)).ShouldStartWith(fixture.Pod(0).Name);
                took.Add(clock.Elapsed.TotalMilliseconds);
            }

            calls.Add(string.Create(CultureInfo.InvariantCulture, $"{took.Order().ElementAt(samples / 2):0.00}"));
        }

        changes.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} services with {EndpointsOfAService} endpoints each: all {whole.TotalMilliseconds:0} ms, a change {changes[samples / 2]:0} ms (99 % within {changes[samples * 99 / 100]:0} ms, most {changes[^1]:0} ms), a connection to the pod, and through the first and the last service {string.Join(", ", calls)} ms"));
    }

    private static (V1Service Service, V1EndpointSlice[] Slices) ServiceOf(int number)
    {
        var service = KernelProxyFixture.Service($"s{number}", Text(10, 96, 1 + (number / 250), 1 + (number % 250)), new V1ServicePort { Port = 80, Protocol = "TCP" });
        return (service, [KernelProxyFixture.Slice(service, 8080, "elsewhere", [.. Addresses(number)])]);
    }

    private static IEnumerable<string> Addresses(int number) =>
        Enumerable.Range(0, EndpointsOfAService).Select(i => (number * EndpointsOfAService) + i).Select(i => Text(10, 128 + (i / 62_500), i / 250 % 250, 1 + (i % 250)));

    private static string Text(int a, int b, int c, int d) => new IPAddress([(byte)a, (byte)b, (byte)c, (byte)d]).ToString();
}
