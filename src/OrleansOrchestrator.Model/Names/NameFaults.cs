using System.Globalization;

namespace OrleansOrchestrator.Model.Names;

/// <summary>The error texts of the name rules, in Kubernetes' words.</summary>
internal static class NameFaults
{
    private const string Dns1123LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedNamePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    public const string Empty = "must be non-empty";

    public static readonly string Dns1123Label = Pattern(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
        Dns1123LabelPattern, "my-name", "123-abc");

    public static readonly string Dns1123Subdomain = Pattern(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        $"{Dns1123LabelPattern}(\\.{Dns1123LabelPattern})*", "example.com");

    public static readonly string WildcardDns1123Subdomain = Pattern(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        $"\\*\\.{Dns1123LabelPattern}(\\.{Dns1123LabelPattern})*", "*.example.com");

    public static readonly string Dns1035Label = Pattern(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123");

    public static readonly string QualifiedName = Pattern(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        QualifiedNamePattern, "MyName", "my.name", "123-abc");

    public static readonly string LabelValue = Pattern(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        $"({QualifiedNamePattern})?", "MyValue", "my_value", "12345");

    public static readonly string ConfigMapKey = Pattern(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name");

    public static readonly string EnvVarName = Pattern(
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
        "[-._a-zA-Z][-._a-zA-Z0-9]*", "my.env-name", "MY_ENV.NAME", "MyEnvName1");

    public static readonly string HttpHeaderName = Pattern(
        "a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name");

    public static readonly string Percent = Pattern(
        "a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%");

    public static string TooLong(int max) => string.Create(CultureInfo.InvariantCulture, $"must be no more than {max} characters");

    public static string NotBetween(int low, int high) =>
        string.Create(CultureInfo.InvariantCulture, $"must be between {low} and {high}, inclusive");

    // Each example contains its own comma, so that several read "'a',  or 'b', regex …" with two spaces, as upstream prints them.
    private static string Pattern(string rule, string pattern, params string[] examples) =>
        $"{rule} (e.g. {string.Join(" or ", examples.Select(example => $"'{example}', "))}regex used for validation is '{pattern}')";
}
