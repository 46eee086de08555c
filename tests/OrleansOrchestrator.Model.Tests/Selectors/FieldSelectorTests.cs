using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Selectors;

public sealed class FieldSelectorTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a=b", "a=b")]
    [InlineData("a==b", "a=b")]
    [InlineData("b!=2,a=1", "a=1,b!=2")]
    [InlineData("a=", "a=")]
    [InlineData("a=1,,b=2", "a=1,b=2")]
    [InlineData(@"a=x\,y\=z\\", @"a=x\,y\=z\\")]
    [InlineData("a=!", "a=!")]
    public void Parse_WellFormed_PrintsCanonically(string text, string canonical) =>
        FieldSelector.Parse(text).ToString().ShouldBe(canonical);

    [Theory]
    [InlineData("a", "invalid selector: 'a'; can't understand 'a'")]
    [InlineData("a=1,b", "invalid selector: 'a=1,b'; can't understand 'b'")]
    [InlineData("a=b=c", "invalid field selector: unescaped character in value: 61")]
    [InlineData(@"a=\x", @"invalid field selector: invalid escape sequence: \x")]
    [InlineData(@"a=b\", @"invalid field selector: invalid escape sequence: \")]
    public void Parse_Malformed_SaysWhatKubernetesSays(string text, string message) =>
        Should.Throw<SelectorException>(() => FieldSelector.Parse(text)).Message.ShouldBe(message);

    [Theory]
    [InlineData("spec.nodeName=n1", true)]
    [InlineData("spec.nodeName=n2", false)]
    [InlineData("spec.nodeName!=n2", true)]
    [InlineData("spec.nodeName!=", true)]
    [InlineData("missing=", true)]
    [InlineData("missing!=", false)]
    [InlineData("missing!=a", true)]
    [InlineData("spec.nodeName=n1,status.phase=Running", true)]
    [InlineData("spec.nodeName=n1,status.phase!=Running", false)]
    [InlineData("", true)]
    public void Matches_Fields_DecidesLikeKubernetes(string text, bool expected)
    {
        var fields = new Dictionary<string, string> { ["spec.nodeName"] = "n1", ["status.phase"] = "Running" };

        FieldSelector.Parse(text).Matches(fields.GetValueOrDefault).ShouldBe(expected);
    }

    [Fact]
    public void RequiredValue_EqualityOnly_IsGiven()
    {
        var selector = FieldSelector.Parse("a=1,b!=2");

        selector.RequiredValue("a").ShouldBe("1");
        selector.RequiredValue("b").ShouldBeNull();
        selector.RequiredValue("c").ShouldBeNull();
    }

    [Fact]
    public void Equal_FieldAndValue_EqualsItsParse() =>
        FieldSelector.Equal("a", "x,y").ShouldBe(FieldSelector.Parse(@"a=x\,y"));
}
