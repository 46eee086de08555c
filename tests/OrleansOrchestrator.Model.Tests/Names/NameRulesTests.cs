using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Model.Tests.Names;

public sealed class NameRulesTests
{
    public static TheoryData<string> Rules =>
        [.. typeof(NameRules).GetMethods().Where(rule => rule.IsStatic && rule.GetParameters() is [{ ParameterType: var type }] && type == typeof(string)).Select(rule => rule.Name)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule_OfNoText_IsThatOfTheEmptyText(string rule)
    {
        var method = typeof(NameRules).GetMethod(rule)!;
        ((IReadOnlyList<string>)method.Invoke(null, [null])!).ShouldBe((IReadOnlyList<string>)method.Invoke(null, [""])!);
    }

    private const string SubdomainFault =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string QualifiedNameFault =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private static readonly string Long = new('a', 254);

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("web-1")]
    public void Dns1123Label_WellFormed_HasNoFault(string value) => NameRules.IsDns1123Label(value).ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("ä")]
    [InlineData("a b")]
    public void Dns1123Label_Malformed_NamesThePattern(string value) => NameRules.IsDns1123Label(value).ShouldBe([
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);

    [Fact]
    public void Dns1123Label_Subdomain_MustNotContainDots() =>
        NameRules.IsDns1123Label("a.b").ShouldBe(["must not contain dots"]);

    [Fact]
    public void Dns1123Label_64Characters_IsTooLong()
    {
        NameRules.IsDns1123Label(Long[..63]).ShouldBeEmpty();
        NameRules.IsDns1123Label(Long[..64]).ShouldBe(["must be no more than 63 characters"]);
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("a", true)]
    [InlineData("a.b-c.9", true)]
    [InlineData("", false)]
    [InlineData("a..b", false)]
    [InlineData(".a", false)]
    [InlineData("a.", false)]
    [InlineData("a.-b", false)]
    [InlineData("Web", false)]
    public void Dns1123Subdomain_Value_IsJudged(string value, bool isValid) =>
        NameRules.IsDns1123Subdomain(value).ShouldBe(isValid ? [] : [SubdomainFault]);

    [Fact]
    public void Dns1123Subdomain_TooLongAndMalformed_TellsBoth() =>
        NameRules.IsDns1123Subdomain(Long + "_").ShouldBe(["must be no more than 253 characters", SubdomainFault]);

    [Theory]
    [InlineData("*.example.com", true)]
    [InlineData("*.*.com", false)]
    [InlineData("*", false)]
    [InlineData("a.com", false)]
    public void WildcardDns1123Subdomain_Value_IsJudged(string value, bool isValid) =>
        (NameRules.IsWildcardDns1123Subdomain(value).Count == 0).ShouldBe(isValid);

    [Theory]
    [InlineData("web", true)]
    [InlineData("w-1", true)]
    [InlineData("1web", false)]
    [InlineData("web-", false)]
    [InlineData("", false)]
    public void Dns1035Label_Value_IsJudged(string value, bool isValid) => NameRules.IsDns1035Label(value).ShouldBe(isValid ? [] : [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);

    [Theory]
    [InlineData("app")]
    [InlineData("app.kubernetes.io/name")]
    [InlineData("A_b.C-d")]
    [InlineData("1/a")]
    public void QualifiedName_WellFormed_HasNoFault(string value) => NameRules.IsQualifiedName(value).ShouldBeEmpty();

    [Fact]
    public void QualifiedName_Malformed_TellsEveryFault()
    {
        NameRules.IsQualifiedName("").ShouldBe(["name part must be non-empty", "name part " + QualifiedNameFault]);
        NameRules.IsQualifiedName("/a").ShouldBe(["prefix part must be non-empty"]);
        NameRules.IsQualifiedName("A/-").ShouldBe(["prefix part " + SubdomainFault, "name part " + QualifiedNameFault]);
        NameRules.IsQualifiedName("a/b/c").ShouldBe(
            [$"a qualified name {QualifiedNameFault} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]);
        NameRules.IsQualifiedName(Long[..64]).ShouldBe(["name part must be no more than 63 characters"]);
        NameRules.IsQualifiedName(Long + "/a").ShouldBe(["prefix part must be no more than 253 characters"]);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("MyValue", true)]
    [InlineData("a b", false)]
    [InlineData("-a", false)]
    public void LabelValue_Value_IsJudged(string value, bool isValid) => NameRules.IsValidLabelValue(value).ShouldBe(isValid ? [] : [
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ]);

    [Fact]
    public void LabelValue_MultiByteCharacters_AreCountedAsBytes() =>
        NameRules.IsValidLabelValue(new string('ä', 32)).ShouldContain("must be no more than 63 characters");

    [Theory]
    [InlineData("key.name", null)]
    [InlineData("-._", null)]
    [InlineData("..data", "must not start with '..'")]
    [InlineData("..", "must not be '..'")]
    [InlineData(".", "must not be '.'")]
    [InlineData("a/b", "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")]
    public void ConfigMapKey_Value_IsJudged(string value, string? fault) =>
        NameRules.IsConfigMapKey(value).ShouldBe(fault is null ? [] : [fault]);

    [Theory]
    [InlineData("PATH", true)]
    [InlineData("my.env-name", true)]
    [InlineData("1A", false)]
    [InlineData("A=B", false)]
    [InlineData("", false)]
    public void EnvVarName_Value_IsJudged(string value, bool isValid) => NameRules.IsEnvVarName(value).ShouldBe(isValid ? [] : [
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
    ]);

    [Theory]
    [InlineData(1, true)]
    [InlineData(65535, true)]
    [InlineData(0, false)]
    [InlineData(65536, false)]
    public void PortNum_Value_IsJudged(int port, bool isValid) =>
        NameRules.IsValidPortNum(port).ShouldBe(isValid ? [] : ["must be between 1 and 65535, inclusive"]);

    [Fact]
    public void PortName_Malformed_TellsEveryFault()
    {
        NameRules.IsValidPortName("http-2").ShouldBeEmpty();
        NameRules.IsValidPortName("80").ShouldBe(["must contain at least one letter (a-z)"]);
        NameRules.IsValidPortName("-A--").ShouldBe([
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
            "must contain at least one letter (a-z)",
            "must not contain consecutive hyphens",
            "must not begin or end with a hyphen",
        ]);
        NameRules.IsValidPortName(Long[..16]).ShouldBe(["must be no more than 15 characters"]);
    }

    [Theory]
    [InlineData("10.9.8.7", true)]
    [InlineData("010.009.008.007", true)]
    [InlineData("2001:db8::ffff", true)]
    [InlineData("::ffff:1.2.3.4", true)]
    [InlineData("10.9.8", false)]
    [InlineData("10", false)]
    [InlineData("0x0a.1.1.1", false)]
    [InlineData("256.1.1.1", false)]
    [InlineData("[::1]", false)]
    [InlineData("fe80::1%eth0", false)]
    [InlineData("", false)]
    public void IP_Value_IsJudged(string value, bool isValid) => NameRules.IsValidIP(value).ShouldBe(
        isValid ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]);

    [Theory]
    [InlineData("10.9.8.0/24", true)]
    [InlineData("2001:db8::/64", true)]
    [InlineData("10.9.8.0/33", false)]
    [InlineData("10.9.8.0", false)]
    [InlineData("10.9.8.0/", false)]
    [InlineData("10.9.8.0/+8", false)]
    public void Cidr_Value_IsJudged(string value, bool isValid) => (NameRules.IsValidCidr(value).Count == 0).ShouldBe(isValid);

    [Theory]
    [InlineData("X-Header", true)]
    [InlineData("X:Y", false)]
    [InlineData("", false)]
    public void HttpHeaderName_Value_IsJudged(string value, bool isValid) => NameRules.IsHttpHeaderName(value).ShouldBe(isValid ? [] : [
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
    ]);
}
