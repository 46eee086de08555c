namespace OrleansOrchestrator.Node.Dns;

/// <summary>The types of DNS records that the code treats in a way of their own. All others pass through.</summary>
/// <remarks>https://www.iana.org/assignments/dns-parameters</remarks>
internal enum RecordType : ushort
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
    Opt = 41,
    Any = 255,
}
