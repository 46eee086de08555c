using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using OrleansOrchestrator.Documents.Yaml;

namespace OrleansOrchestrator.Documents.Tests.Yaml;

public sealed class YamlConverterTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("", "yes", "null", "~", "1", "0x1F", "1:30", "2020-01-01T00:00:00Z", "- a", "a: b", "#c", "{}", "*x", "<<", ".inf", "a\nb\n", " a", "a ", "\ta", "a\n\n  b", "'", "\"", "\\", "é", "\u0001", "\u2028"),
        Gen.String[Gen.Char[' ', '~'], 0, 12],
        Gen.String[Gen.OneOf(Gen.Char['a', 'c'], Gen.OneOf('\n', ' ', ':', '-', '#', '\t', '\'', '"')), 0, 12]);

    private static readonly Gen<JsonNode?> Document = Gen.Recursive<JsonNode?>((depth, self) => depth >= 3
        ? Scalar()
        : Gen.Frequency(
            (3, Scalar()),
            (2, Gen.Dictionary(Text, self)[0, 4].Select(members => (JsonNode?)new JsonObject(members))),
            (1, self.Array[0, 4].Select(elements => (JsonNode?)new JsonArray(elements)))));

    [Theory]
    [InlineData("null", "null")]
    [InlineData("Null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("true", "true")]
    [InlineData("TRUE", "true")]
    [InlineData("yes", "true")]
    [InlineData("On", "true")]
    [InlineData("y", "true")]
    [InlineData("no", "false")]
    [InlineData("OFF", "false")]
    [InlineData("tRUE", "\"tRUE\"")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("\"1\"", "\"1\"")]
    [InlineData("1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("+1", "1")]
    [InlineData("010", "8")]
    [InlineData("0o10", "8")]
    [InlineData("08", "8")]
    [InlineData("0x1F", "31")]
    [InlineData("-0x1F", "-31")]
    [InlineData("0b101", "5")]
    [InlineData("0b102", "\"0b102\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("1_000", "1000")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1.", "1")]
    [InlineData("12e03", "12000")]
    [InlineData("1e400", "\"1e400\"")]
    [InlineData("-", "\"-\"", true)]
    [InlineData(".", "\".\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("2001-01-01", "\"2001-01-01\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!int \"3\"", "3")]
    [InlineData("!!float 3", "3")]
    [InlineData("!foo 3", "\"3\"")]
    [InlineData("1Gi", "\"1Gi\"")]
    public void Parse_Scalar_HasTheTypeOfYaml11(string scalar, string json, bool quoted = false) =>
        Json(quoted ? $"a: \"{scalar}\"" : $"a: {scalar}").ShouldBe($$"""{"a":{{json}}}""");

    [Theory]
    [InlineData("a: [1, {b: c}]\n", """{"a":[1,{"b":"c"}]}""")]
    [InlineData("- a\n- b: 1\n  c: 2\n", """["a",{"b":1,"c":2}]""")]
    [InlineData("a: |\n  x\n  y\n", """{"a":"x\ny\n"}""")]
    [InlineData("a: >-\n  x\n  y\n", """{"a":"x y"}""")]
    [InlineData("1: a\nyes: b\n1.5: c\n'2': d\n", """{"1":"a","true":"b","1.5":"c","2":"d"}""")]
    [InlineData("a: &x {p: 1}\nb: *x\n", """{"a":{"p":1},"b":{"p":1}}""")]
    [InlineData("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  p: 3\n", """{"a":{"p":1,"q":2},"b":{"p":3,"q":2}}""")]
    [InlineData("b:\n  <<: [{p: 1}, {p: 2, q: 2}]\n", """{"b":{"p":1,"q":2}}""")]
    [InlineData("{\"a\": \"b\\u0041\"}", """{"a":"bA"}""")]
    [InlineData("'a *b': a *b c:d\n", """{"a *b":"a *b c:d"}""")]
    [InlineData("# nothing\n", "null")]
    [InlineData("a: &x {p: 1, q: 2}\nb:\n  p: 3\n  <<: *x\n", """{"a":{"p":1,"q":2},"b":{"p":1,"q":2}}""")]
    [InlineData("a: 1\n---\nb: 1\n", """{"a":1}""")]
    [InlineData("a: 1\n---\n] not even YAML [\n", """{"a":1}""")]
    [InlineData("# first\n\n---\n# second\na: 1\n", """{"a":1}""")]
    [InlineData("---\n---\na: 1\n", "null")]
    [InlineData("a: 3.0\nb: 1e3\nc: 1e15\nd: 1e21\ne: 1.5e-7\nf: -0.0\n", """{"a":3,"b":1000,"c":1000000000000000,"d":1e+21,"e":1.5e-7,"f":-0}""")]
    [InlineData("---\na: 1\n...\n", """{"a":1}""")]
    public void Parse_Document_BecomesJson(string yaml, string json) => Json(yaml).ShouldBe(json);

    [Theory]
    [InlineData("a: 1\nb: [1\n", "error converting YAML to JSON: yaml: line 3: did not find expected ',' or ']'")]
    [InlineData("a: *x\n", "error converting YAML to JSON: yaml: line 1: unknown anchor 'x' referenced")]
    [InlineData("a: &x [*x]\n", "error converting YAML to JSON: yaml: line 1: anchor 'x' value contains itself")]
    [InlineData("a: .nan\n", "error converting YAML to JSON: yaml: line 1: json: unsupported value: .nan")]
    [InlineData("~: 1\n", "error converting YAML to JSON: yaml: line 1: unsupported map key: null")]
    [InlineData("? [a]\n: 1\n", "error converting YAML to JSON: yaml: line 1: invalid map key: [\"a\"]")]
    [InlineData("a: !!int x\n", "error converting YAML to JSON: yaml: line 1: cannot decode !!str `x` as a !!int")]
    [InlineData("<<: 1\n", "error converting YAML to JSON: yaml: line 1: map merge requires map or sequence of maps as the value")]
    [InlineData("a *b: 1\n", "error converting YAML to JSON: yaml: line 1: cannot read ':' after an unquoted word that begins with '*'")]
    public void Parse_Faulty_NamesTheLine(string yaml, string message) =>
        Should.Throw<YamlConversionException>(() => YamlConverter.Parse(yaml)).Message.ShouldBe(message);

    [Theory]
    [InlineData("a:\n\t- b\n")]
    [InlineData("a: b: c\n")]
    [InlineData("a: 'x\n")]
    [InlineData("a: @x\n")]
    [InlineData("...\n---\na: 1\n")]
    [InlineData("a: \"\\UFFFFFFFF\"\n")]
    [InlineData("a: \"\\ud800\"\n")]
    [InlineData("%YAML 9.9\n---\na: 1\n")]
    [InlineData("]")]
    public void Parse_Malformed_IsRefused(string yaml) => Should.Throw<YamlConversionException>(() => YamlConverter.Parse(yaml));

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", """{"a":3,"b":2}""", "line 3: key \"a\" already set in map")]
    [InlineData("a: 1\na:\n  b: 2\n", """{"a":{"b":2}}""", "line 3: key \"a\" already set in map")]
    [InlineData("a: {k: 1, k: 2, k: 3}\n", """{"a":{"k":3}}""", "line 1: key \"k\" already set in map", "line 1: key \"k\" already set in map")]
    [InlineData("a: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n", """{"a":{"k":1},"b":{"k":2}}""", "line 4: key \"k\" already set in map")]
    [InlineData("\"a\\nb\": 1\n\"a\\nb\": 2\n", """{"a\nb":2}""", "line 2: key \"a\\nb\" already set in map")]
    [InlineData("a: 1\nb: 2\n", """{"a":1,"b":2}""")]
    public void Parse_KeyGivenTwice_TheLastCountsAndItIsTold(string yaml, string json, params string[] told)
    {
        YamlConverter.Parse(yaml, out var duplicates)!.ToJsonString().ShouldBe(json);
        duplicates.Select(duplicate => duplicate.YamlText).ShouldBe(told);
    }

    [Theory]
    [InlineData("a: \u0007\n")]
    [InlineData("a: \"\0\"\n")]
    [InlineData("a: \u009F\n")]
    public void ToJson_ControlCharacters_AreRefused(string yaml) =>
        Should.Throw<YamlConversionException>(() => YamlConverter.ToJson(Encoding.UTF8.GetBytes(yaml))).Problem.ShouldBe("yaml: control characters are not allowed");

    [Fact]
    public void ToJson_Utf16_IsReadByItsMark()
    {
        byte[] little = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("a: é\n")];
        byte[] big = [.. Encoding.BigEndianUnicode.GetPreamble(), .. Encoding.BigEndianUnicode.GetBytes("a: é\n")];

        Encoding.UTF8.GetString(YamlConverter.ToJson(little)).ShouldBe("""{"a":"é"}""");
        Encoding.UTF8.GetString(YamlConverter.ToJson(big)).ShouldBe("""{"a":"é"}""");
    }

    [Theory]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":1}}""")]
    [InlineData("""{"a":3.0,"b":[1e3,0.5]}""", """{"a":3,"b":[1000,0.5]}""")]
    [InlineData("{\"a\":{\"b\":1,\n\"b\":2}}", """{"a":{"b":2}}""", "line 2: key \"b\" already set in map")]
    public void SettleJson_OfAConfiguration_IsReadAsYaml(string json, string settled, params string[] told)
    {
        Encoding.UTF8.GetString(YamlConverter.SettleJson(Encoding.UTF8.GetBytes(json), out var duplicates)).ShouldBe(settled);
        duplicates.Select(duplicate => duplicate.YamlText).ShouldBe(told);
    }

    [Fact]
    public void Parse_TooDeep_IsRefused()
    {
        Json(new string('[', 100) + new string(']', 100)).ShouldNotBeEmpty();
        Should.Throw<YamlConversionException>(() => YamlConverter.Parse(new string('[', 102) + new string(']', 102))).Message.ShouldContain("max depth");
        Should.Throw<YamlConversionException>(() => YamlConverter.Parse(string.Concat(Enumerable.Repeat("? ", 5000)) + "a")).Message.ShouldContain("max depth");
    }

    [Theory]
    [InlineData(300_000, false)]
    [InlineData(500_000, true)]
    public void Parse_AliasesThatRepeatNodes_AreBoundedByTheNodes(int nodes, bool isRefused)
    {
        var yaml = $"a: &a [{string.Join(", ", Enumerable.Repeat("1", 1000))}]\nb: [{string.Join(", ", Enumerable.Repeat("*a", nodes / 1000))}]\n";
        if (isRefused)
            Should.Throw<YamlConversionException>(() => YamlConverter.Parse(yaml)).Message.ShouldContain("excessive aliasing");
        else
            YamlConverter.Parse(yaml)!["b"]!.AsArray().Count.ShouldBe(nodes / 1000);
    }

    [Fact]
    public void Parse_BillionLaughs_IsRefused()
    {
        var yaml = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (var i = 1; i <= 9; i++)
            yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");

        Should.Throw<YamlConversionException>(() => YamlConverter.Parse(yaml.ToString())).Message.ShouldContain("excessive aliasing");
    }

    [Fact]
    public void ParseAll_Documents_SkipsEmptyOnes() =>
        YamlConverter.ParseAll("---\na: 1\n---\n# none\n---\nb: 2\n").Select(document => document.ToJsonString()).ShouldBe(["""{"a":1}""", """{"b":2}"""]);

    [Fact]
    public void ToJson_Bytes_KeepsText()
    {
        Encoding.UTF8.GetString(YamlConverter.ToJson("\uFEFFa: é<b>\n"u8)).ShouldBe("""{"a":"é<b>"}""");
        Should.Throw<YamlConversionException>(() => YamlConverter.ToJson([0x61, 0xFF]));
    }

    [Fact]
    public void FromJson_Object_LooksAsKubectlPrintsIt() => FromJson("""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","creationTimestamp":"2020-01-01T00:00:00Z","labels":{},"annotations":{"a":"yes","b":"1","c":"line\nline\n","d":""}},
        "spec":{"containers":[{"name":"c","args":["-x","a: b"],"ports":[]}],"x10":1,"x9":1.5,"on":true,"nothing":null}}
        """).ShouldBe("""
        apiVersion: v1
        kind: Pod
        metadata:
          annotations:
            a: "yes"
            b: "1"
            c: |
              line
              line
            d: ""
          creationTimestamp: "2020-01-01T00:00:00Z"
          labels: {}
          name: web
        spec:
          containers:
          - args:
            - -x
            - 'a: b'
            name: c
            ports: []
          nothing: null
          "on": true
          x9: 1.5
          x10: 1

        """);

    [Fact]
    public void FromJson_KeyWithAnAsterisk_IsQuoted() =>
        FromJson("""{"a *b":"0 * * * *"}""").ShouldBe("'a *b': 0 * * * *\n");

    [Fact]
    public void FromJson_AnyDocument_ReadsBackEqual() => Document.Sample(document =>
    {
        var yaml = YamlConverter.FromJson(JsonSerializer.SerializeToUtf8Bytes(document));
        JsonNode.DeepEquals(YamlConverter.Parse(yaml), document).ShouldBeTrue(yaml);
    }, iter: 2000);

    private static string Json(string yaml) => YamlConverter.Parse(yaml)?.ToJsonString() ?? "null";

    private static string FromJson(string json) => YamlConverter.FromJson(Encoding.UTF8.GetBytes(json));

    private static Gen<JsonNode?> Scalar() => Gen.OneOf(
        Text.Select(text => (JsonNode?)JsonValue.Create(text)),
        Gen.Long.Select(number => (JsonNode?)JsonValue.Create(number)),
        Gen.Double[-1e6, 1e6].Select(number => (JsonNode?)JsonValue.Create(number)),
        Gen.Bool.Select(flag => (JsonNode?)JsonValue.Create(flag)),
        Gen.Const((JsonNode?)null));
}
