using ARSoft.Tools.Net.Dns;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>After any changes the names are those of a server that has just listed the same objects.</summary>
public sealed class ServiceIndexProperties
{
    private static readonly string[] Names = ["a", "b"];

    private static readonly string[] Questions =
    [
        "default.svc.cluster.local", .. Names.Select(name => $"{name}.default.svc.cluster.local"), .. Names.Select(name => $"h.{name}.default.svc.cluster.local"),
        .. Names.Select(name => $"10-0-0-1.{name}.default.svc.cluster.local"), .. Names.Select(name => $"_p._tcp.{name}.default.svc.cluster.local"),
        "1.0.0.10.in-addr.arpa", "2.0.0.10.in-addr.arpa", "1.0.96.10.in-addr.arpa",
    ];

    private static readonly RecordType[] Types = [RecordType.A, RecordType.Srv, RecordType.Ptr, RecordType.CName];

    private static readonly Gen<V1Service> Service = Gen.Select(OneOf(Names), Gen.Int[0, 3], (name, kind) => kind switch
    {
        0 => DnsFixture.Service(name, "10.96.0.1", "default", ("p", "TCP", 80)),
        1 => DnsFixture.External(name, "b.default.svc.cluster.local"),
        _ => DnsFixture.Service(name, "None", "default", ("p", "TCP", 80)),
    });

    private static readonly Gen<V1EndpointSlice> Slice = Gen.Select(
        OneOf("s", "t"), OneOf(Names), OneOf("10.0.0.1", "10.0.0.2", "10.0.0.1/h", "10.0.0.2/h", "10.0.0.1?").Array[0, 3],
        (name, service, endpoints) =>
        {
            var slice = DnsFixture.Slice(service, name, "p", endpoints);
            // The name is not the service's: its label may change.
            slice.Metadata.Name = name;
            return slice;
        });

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public void Index_AfterAnyChanges_IsThatOfAFreshList() =>
        Gen.Select(Gen.Int[0, 9], Service, Slice).Array[1, 30].Sample(steps =>
        {
            var changed = new DnsFixture();
            var services = new Dictionary<string, V1Service>();
            var slices = new Dictionary<string, V1EndpointSlice>();
            foreach (var (what, service, slice) in steps)
                Change(changed, services, slices, what, service, slice);
            var fresh = new DnsFixture();
            fresh.Index.Replace(slices.Values);
            fresh.Index.Replace(services.Values);
            foreach (var question in Questions)
            {
                foreach (var type in Types)
                    changed.Ask(question, type).ShouldBe(fresh.Ask(question, type), $"{question} {type}");
            }
        }, iter: 300);

    private static void Change(
        DnsFixture dns, Dictionary<string, V1Service> services, Dictionary<string, V1EndpointSlice> slices, int what, V1Service service, V1EndpointSlice slice)
    {
        switch (what)
        {
            case < 4:
                slices[slice.Metadata.Name] = slice;
                dns.Index.Upsert(slice);
                break;
            case < 7:
                services[service.Metadata.Name] = service;
                dns.Index.Upsert(service);
                break;
            case 7:
                if (slices.Remove(slice.Metadata.Name, out var goneSlice))
                    dns.Index.Delete(goneSlice);
                break;
            case 8:
                if (services.Remove(service.Metadata.Name, out var gone))
                    dns.Index.Delete(gone);
                break;
            default:
                services.Clear();
                services[service.Metadata.Name] = service;
                slices.Clear();
                dns.Index.Replace(services.Values);
                dns.Index.Replace(slices.Values);
                break;
        }
    }
}
