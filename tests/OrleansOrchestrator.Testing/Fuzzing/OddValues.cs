using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Values that often break programs. Markers stand for values that a JSON tree cannot hold, until the tree is written.</summary>
internal static class OddValues
{
    private const string LoneSurrogate = "@@lone@@";
    private const string InvalidByte = "@@byte@@";
    private const string Duplicate = "@@twice@@";

    private static readonly string[] Texts =
    [
        "", " ", "a", "web", "Not_A_Name", "a/b", "example.com/role", "a//b", "*", "-", ".", "..", "../x", "/", "a\nb", "\0", "\u0001x", "é", "😀", "\uFEFFa", "\u2028",
        LoneSurrogate, "a" + LoneSurrogate, InvalidByte + "z", new string('a', 64), new string('x', 300), "10.0.0.1", "10.0.0.01", "::1", "::ffff:1.2.3.4", "10.0.0.0/8", "10.0.0.0/33",
        "fe80::1%eth0", "80", "65536", "-1", "0", "1e400", "NaN", "null", "true", "$(VAR)", "$((", "2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999-23:59", "(", "[a-", "(a+)+$", "{.spec", "{.items[*]", "cpu", "memory", "pods", "a=b", "a in (b", "http", "TCP", "SCTP", "Always", "Never", "OnFailure",
        "In", "Exists", "DoesNotExist", "Gt", "True", "False", "Unknown", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "None", "Local", "Cluster", "IPv4", "IPv6", "Terminating",
        "kubernetes.io/hostname", "metadata.name", "spec.nodeName", "Foreground", "orphan", "foregroundDeletion", "Utf8: \u0000", "%s%n", "<script>", "'; DROP TABLE objects; --",
        """{"a":"\ud800"}""", "{\"apiVersion\":null}", "[", "AAAA", "====", "1h", "1.5s", "300000h", "* * * * *", "60 * * * *", "@every 1s", "TZ=X * * * * *",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "1.0", "1.5", "1e3", "1e-400", "1e400", "-1e400", "80", "65535", "65536", "2147483647", "2147483648", "-2147483649", "5000000", "9223372036854775807",
        "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "0.1", "1E+2", "9007199254740993",
    ];

    private static readonly string[] Quantities =
    [
        "0", "1", "100m", "64Mi", "1.5", "-1", "1e3", "1e300", "1e400", "1E", "1Ei", "9999999999999999999Ei", "0.000000001m", "1n", "abc", "", " 1", "1 Gi", "+5", ".5", "5.", "1e-300", "١",
    ];

    private static readonly string[] Times =
    [
        "2026-01-01T00:00:00Z", "2026-01-01T00:00:02.5Z", "2026-01-01T00:00:00.123456789+02:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "0000-00-00T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01", "yesterday", "", "2026-01-01t00:00:00z", "10000-01-01T00:00:00Z", LoneSurrogate,
    ];

    public static string Text(Random random) => Texts[random.Next(Texts.Length)];

    public static JsonNode Number(Random random) => JsonNode.Parse(Numbers[random.Next(Numbers.Length)])!;

    public static string Quantity(Random random) => Quantities[random.Next(Quantities.Length)];

    public static string Time(Random random) => Times[random.Next(Times.Length)];

    /// <summary>The name that stands for a duplicate member.</summary>
    public static string Twice(string name) => Duplicate + name;

    /// <summary>Any value, mostly of an unexpected type.</summary>
    public static JsonNode? Any(Random random) => random.Next(14) switch
    {
        0 or 1 or 2 => null,
        3 => new JsonObject(),
        4 => new JsonArray(),
        5 => new JsonArray((JsonNode?)null),
        6 => new JsonArray(new JsonObject()),
        7 => new JsonObject { ["a"] = null },
        8 => JsonValue.Create(random.Next(2) == 0),
        9 => Number(random),
        10 when random.Next(8) == 0 => Deep(random.Next(2) == 0 ? 40 : 150),
        11 when random.Next(20) == 0 => JsonValue.Create(new string('y', 100_000)),
        _ => JsonValue.Create(Text(random)),
    };

    /// <summary>Writes JSON, and replaces the markers by the values that they stand for.</summary>
    public static byte[] Write(string json)
    {
        var text = json.Replace(LoneSurrogate, "\\ud800", StringComparison.Ordinal).Replace(Duplicate, "", StringComparison.Ordinal);
        if (!text.Contains(InvalidByte, StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(text);
        return [.. text.Split(InvalidByte).SelectMany((part, i) => i == 0 ? Encoding.UTF8.GetBytes(part) : [0xff, .. Encoding.UTF8.GetBytes(part)])];
    }

    private static JsonNode Deep(int depth)
    {
        JsonNode node = new JsonObject();
        for (var i = 0; i < depth; i++)
            node = i % 2 == 0 ? new JsonArray(node) : new JsonObject { ["a"] = node };
        return node;
    }
}
