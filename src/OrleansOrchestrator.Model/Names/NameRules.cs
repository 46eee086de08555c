using System.Text;

namespace OrleansOrchestrator.Model.Names;

/// <summary>
/// Kubernetes' rules for names, keys, ports and addresses. Each rule returns its error texts in upstream's order; an empty list means
/// valid. Valid input costs no allocation.
/// </summary>
/// <remarks>See k8s.io/apimachinery/pkg/util/validation and "Object Names and IDs" in the Kubernetes documentation.</remarks>
public static class NameRules
{
    /// <summary>The most bytes of a DNS label.</summary>
    public const int LabelBytesMax = 63;

    /// <summary>The most bytes of a DNS subdomain, and of a ConfigMap key.</summary>
    public const int SubdomainBytesMax = 253;

    /// <summary>The most bytes of a label's value and of the name part of its key.</summary>
    public const int QualifiedNameBytesMax = 63;

    /// <summary>The most bytes of a port's name.</summary>
    public const int PortNameBytesMax = 15;

    /// <summary>A DNS label of RFC 1123, such as the name of a namespace.</summary>
    public static IReadOnlyList<string> IsDns1123Label(string? value)
    {
        value ??= "";
        var faults = TooLong(value, LabelBytesMax);
        if (NameSyntax.IsDns1123Label(value))
            return faults;
        return [.. faults, NameSyntax.IsDns1123Subdomain(value) ? "must not contain dots" : NameFaults.Dns1123Label];
    }

    /// <summary>A DNS subdomain of RFC 1123, such as the names of most objects.</summary>
    public static IReadOnlyList<string> IsDns1123Subdomain(string? value)
    {
        value ??= "";
        var faults = TooLong(value, SubdomainBytesMax);
        return NameSyntax.IsDns1123Subdomain(value) ? faults : [.. faults, NameFaults.Dns1123Subdomain];
    }

    /// <summary>A DNS subdomain after <c>*.</c>, such as an Ingress host (RFC 1034, section 4.3.3).</summary>
    public static IReadOnlyList<string> IsWildcardDns1123Subdomain(string? value)
    {
        value ??= "";
        var faults = TooLong(value, SubdomainBytesMax);
        return value.StartsWith("*.", StringComparison.Ordinal) && NameSyntax.IsDns1123Subdomain(value.AsSpan(2))
            ? faults
            : [.. faults, NameFaults.WildcardDns1123Subdomain];
    }

    /// <summary>A DNS label of RFC 1035, such as the name of a service.</summary>
    public static IReadOnlyList<string> IsDns1035Label(string? value)
    {
        value ??= "";
        var faults = TooLong(value, LabelBytesMax);
        return NameSyntax.IsDns1035Label(value) ? faults : [.. faults, NameFaults.Dns1035Label];
    }

    /// <summary>A label's or annotation's key, a finalizer, a resource: a name with an optional DNS prefix and a slash.</summary>
    public static IReadOnlyList<string> IsQualifiedName(string? value)
    {
        value ??= "";
        if (NameSyntax.IsQualifiedName(value))
            return [];
        var parts = value.Split('/');
        if (parts.Length > 2)
            return [$"a qualified name {NameFaults.QualifiedName} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"];

        var name = parts[^1];
        var faults = new List<string>();
        if (parts.Length == 2)
            faults.AddRange(PrefixFaults(parts[0]).Select(fault => "prefix part " + fault));
        if (name.Length == 0)
            faults.Add("name part " + NameFaults.Empty);
        faults.AddRange(TooLong(name, QualifiedNameBytesMax).Select(fault => "name part " + fault));
        if (!NameSyntax.IsQualifiedNamePart(name))
            faults.Add("name part " + NameFaults.QualifiedName);
        return faults;
    }

    /// <summary>A label's value, which may be empty.</summary>
    public static IReadOnlyList<string> IsValidLabelValue(string? value)
    {
        value ??= "";
        var faults = TooLong(value, QualifiedNameBytesMax);
        return value.Length == 0 || NameSyntax.IsQualifiedNamePart(value) ? faults : [.. faults, NameFaults.LabelValue];
    }

    /// <summary>A key of a ConfigMap's or Secret's data, which becomes a file name.</summary>
    public static IReadOnlyList<string> IsConfigMapKey(string? value)
    {
        value ??= "";
        var faults = TooLong(value, SubdomainBytesMax);
        if (!NameSyntax.IsConfigMapKey(value))
            faults = [.. faults, NameFaults.ConfigMapKey];
        var directoryFaults = DirectoryFaults(value);
        return directoryFaults.Count == 0 ? faults : [.. faults, .. directoryFaults];
    }

    /// <summary>The name of an environment variable.</summary>
    public static IReadOnlyList<string> IsEnvVarName(string? value)
    {
        value ??= "";
        return NameSyntax.IsEnvVarName(value) ? DirectoryFaults(value) : [NameFaults.EnvVarName, .. DirectoryFaults(value)];
    }

    /// <summary>The error text for a text that should be a percentage, such as <c>25%</c>.</summary>
    public static string NotAPercent => NameFaults.Percent;

    /// <summary>A port number: 1 to 65535.</summary>
    public static IReadOnlyList<string> IsValidPortNum(int port) => IsInRange(port, 1, ushort.MaxValue);

    /// <summary>A number within two inclusive bounds.</summary>
    public static IReadOnlyList<string> IsInRange(int value, int low, int high) =>
        value >= low && value <= high ? [] : [NameFaults.NotBetween(low, high)];

    /// <summary>A port's name: an IANA service name in lower case (RFC 6335, section 5.1).</summary>
    public static IReadOnlyList<string> IsValidPortName(string? value)
    {
        value ??= "";
        if (NameSyntax.IsPortName(value))
            return [];
        var faults = new List<string>(TooLong(value, PortNameBytesMax));
        if (!NameSyntax.IsPortNameCharset(value))
            faults.Add("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
        if (!value.AsSpan().ContainsAnyInRange('a', 'z'))
            faults.Add("must contain at least one letter (a-z)");
        if (value.Contains("--", StringComparison.Ordinal))
            faults.Add("must not contain consecutive hyphens");
        if (value is ['-', ..] or [.., '-'])
            faults.Add("must not begin or end with a hyphen");
        return faults;
    }

    /// <summary>An IPv4 address of four decimal numbers or an IPv6 address without a zone.</summary>
    /// <remarks>Leading zeros are decimal, as upstream still parses them; the shortened IPv4 forms of BSD sockets are refused.</remarks>
    public static IReadOnlyList<string> IsValidIP(string? value)
    {
        value ??= "";
        return AddressSyntax.TryParse(value, out _) ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
    }

    /// <summary>An address, a slash and a prefix length.</summary>
    public static IReadOnlyList<string> IsValidCidr(string? value)
    {
        value ??= "";
        return AddressSyntax.IsCidr(value) ? [] : ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];
    }

    /// <summary>A segment of a URL's path, such as the name of a role or a binding.</summary>
    public static IReadOnlyList<string> IsPathSegmentName(string? value)
    {
        value ??= "";
        return value switch
        {
            "." => ["may not be '.'"],
            ".." => ["may not be '..'"],
            _ when value.AsSpan().IndexOfAny('/', '%') < 0 => [],
            _ => [.. "/%".Where(value.Contains).Select(part => $"may not contain '{part}'")],
        };
    }

    /// <summary>The name of an HTTP header.</summary>
    public static IReadOnlyList<string> IsHttpHeaderName(string? value)
    {
        value ??= "";
        return NameSyntax.IsHttpHeaderName(value) ? [] : [NameFaults.HttpHeaderName];
    }

    private static IReadOnlyList<string> TooLong(string value, int bytesMax) =>
        ByteCount(value) <= bytesMax ? [] : [NameFaults.TooLong(bytesMax)];

    // Upstream counts bytes, although its text says characters.
    private static int ByteCount(string value) => Encoding.UTF8.GetByteCount(value);

    private static IReadOnlyList<string> PrefixFaults(string prefix) =>
        prefix.Length == 0 ? [NameFaults.Empty] : IsDns1123Subdomain(prefix);

    private static IReadOnlyList<string> DirectoryFaults(string value) => value switch
    {
        "." => ["must not be '.'"],
        ".." => ["must not be '..'"],
        ['.', '.', ..] => ["must not start with '..'"],
        _ => [],
    };
}
