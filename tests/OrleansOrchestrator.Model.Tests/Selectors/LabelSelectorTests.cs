using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Selectors;

public sealed class LabelSelectorTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a=b", "a=b")]
    [InlineData("a==b", "a=b")]
    [InlineData(" a = b ", "a=b")]
    [InlineData("b=1,a=2", "a=2,b=1")]
    [InlineData("a!=b", "a!=b")]
    [InlineData("a=", "a=")]
    [InlineData("a=,b", "a=,b")]
    [InlineData("a", "a")]
    [InlineData("!a", "!a")]
    [InlineData("a in (x,y)", "a in (x,y)")]
    [InlineData("a in (y, x ,x)", "a in (x,y)")]
    [InlineData("a notin(x)", "a notin (x)")]
    [InlineData("a in (x,)", "a in (,x)")]
    [InlineData("a in (,)", "a in (,)")]
    [InlineData("a in (,x,,y)", "a in (,x,y)")]
    [InlineData("in in (in,notin)", "in in (in,notin)")]
    [InlineData("notin=in", "notin=in")]
    [InlineData("a>1,a<5", "a>1,a<5")]
    [InlineData("x.io/a\t=\nb", "x.io/a=b")]
    public void Parse_WellFormed_PrintsCanonically(string text, string canonical) =>
        LabelSelector.Parse(text).ToString().ShouldBe(canonical);

    [Theory]
    [InlineData("a=b=c", "found '=', expected: ',' or 'end of string'")]
    [InlineData("a,", "found '', expected: identifier after ','")]
    [InlineData("a,,b", "found ',', expected: identifier after ','")]
    [InlineData("=a", "found '=', expected: !, identifier, or 'end of string'")]
    [InlineData("!", "unable to parse requirement: found '', expected: identifier")]
    [InlineData("!a=b", "found '=', expected: ',' or 'end of string'")]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a=(b)", "unable to parse requirement: found '(', expected: identifier")]
    [InlineData("a in b", "unable to parse requirement: found 'b' expected: '('")]
    [InlineData("a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'")]
    [InlineData("a in (b,=", "unable to parse requirement: found '=', expected: ',', or identifier")]
    [InlineData("a in ()", "unable to parse requirement: values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty")]
    [InlineData("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("a=@", "unable to parse requirement: values[0][a]: Invalid value: \"@\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")]
    [InlineData("-a", "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    public void Parse_Malformed_SaysWhatKubernetesSays(string text, string message) =>
        Should.Throw<SelectorException>(() => LabelSelector.Parse(text)).Message.ShouldBe(message);

    [Theory]
    [InlineData("a=1", true)]
    [InlineData("a=2", false)]
    [InlineData("x=", false)]
    [InlineData("e=", true)]
    [InlineData("a!=2", true)]
    [InlineData("a!=1", false)]
    [InlineData("x!=1", true)]
    [InlineData("a in (1,2)", true)]
    [InlineData("a in (2,3)", false)]
    [InlineData("x in (1)", false)]
    [InlineData("a notin (2)", true)]
    [InlineData("a notin (1,2)", false)]
    [InlineData("x notin (1)", true)]
    [InlineData("a", true)]
    [InlineData("x", false)]
    [InlineData("!a", false)]
    [InlineData("!x", true)]
    [InlineData("a>0", true)]
    [InlineData("a>1", false)]
    [InlineData("a<2", true)]
    [InlineData("x<2", false)]
    [InlineData("b<2", false)]
    [InlineData("a=1,b=two", true)]
    [InlineData("a=1,b=three", false)]
    public void Matches_Labels_DecidesLikeKubernetes(string text, bool expected)
    {
        var labels = new Dictionary<string, string> { ["b"] = "two", ["a"] = "1", ["e"] = "" };
        var selector = LabelSelector.Parse(text);

        selector.Matches(LabelSet.From(labels)).ShouldBe(expected);
        selector.Matches(labels).ShouldBe(expected);
    }

    [Fact]
    public void Matches_NullMap_HasNoLabels()
    {
        LabelSelector.Parse("!a").Matches((IDictionary<string, string>?)null).ShouldBeTrue();
        LabelSelector.Parse("a").Matches((IDictionary<string, string>?)null).ShouldBeFalse();
    }

    [Fact]
    public void EverythingAndNothing_AnyLabels_MatchAllAndNone()
    {
        LabelSelector.Everything.Matches(LabelSet.Empty).ShouldBeTrue();
        LabelSelector.Nothing.Matches(LabelSet.Empty).ShouldBeFalse();
        LabelSelector.Nothing.ShouldNotBe(LabelSelector.Everything);
        LabelSelector.Nothing.IsEverything.ShouldBeFalse();
    }

    [Fact]
    public void From_NullOrEmpty_MatchesNothingOrEverything()
    {
        LabelSelector.From(null).ShouldBe(LabelSelector.Nothing);
        LabelSelector.From(new V1LabelSelector()).ShouldBe(LabelSelector.Everything);
    }

    [Fact]
    public void From_LabelsAndExpressions_RequiresAll()
    {
        var selector = LabelSelector.From(new V1LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["b"] = "1" },
            MatchExpressions =
            [
                new() { Key = "c", OperatorProperty = "In", Values = ["y", "x"] },
                new() { Key = "a", OperatorProperty = "DoesNotExist" },
                new() { Key = "d", OperatorProperty = "NotIn", Values = ["z"] },
                new() { Key = "e", OperatorProperty = "Exists" },
            ],
        });

        selector.ShouldBe(LabelSelector.Parse("!a,b=1,c in (x,y),d notin (z),e"));
    }

    [Fact]
    public void From_UnknownOperator_IsRefused() =>
        Should.Throw<SelectorException>(() => LabelSelector.From(new V1LabelSelector
        {
            MatchExpressions = [new() { Key = "a", OperatorProperty = "Near" }],
        })).Message.ShouldBe("\"Near\" is not a valid label selector operator");

    [Fact]
    public void FromMap_Labels_RequiresEach()
    {
        LabelSelector.FromMap(new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" }).ShouldBe(LabelSelector.Parse("a=2,b=1"));
        LabelSelector.FromMap(null).ShouldBe(LabelSelector.Everything);
    }

    [Fact]
    public void Requirements_Parsed_NameKeyOperatorAndValues()
    {
        var requirement = LabelSelector.Parse("a in (y,x)").Requirements.ShouldHaveSingleItem();

        requirement.Key.ShouldBe("a");
        requirement.Operator.ShouldBe(SelectorOperator.In);
        requirement.Values.ShouldBe(["x", "y"]);
    }

    [Fact]
    public void Matches_LabelSet_AllocatesNothing()
    {
        var labels = LabelSet.From(new Dictionary<string, string> { ["app"] = "web", ["tier"] = "front", ["rev"] = "7" });
        var selector = LabelSelector.Parse("app=web,tier in (back,front),rev>3,!canary,zone notin (a,b)");
        selector.Matches(labels).ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            selector.Matches(labels);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
