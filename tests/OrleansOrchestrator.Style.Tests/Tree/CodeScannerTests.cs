namespace OrleansOrchestrator.Style.Tests.Tree;

public sealed class CodeScannerTests
{
    [Theory]
    [InlineData("a(); // b()", "b")]
    [InlineData("a(); /* b()\n b() */ c();", "b")]
    [InlineData("""a("b()");""", "b")]
    [InlineData("""a("\"b()");""", "b")]
    [InlineData("""a(@"\" + c + @"b()");""", "b")]
    [InlineData("""a(@"x "" b()");""", "b")]
    [InlineData("a('b', '\"', '\\'');", "b")]
    [InlineData("a(\"\"\" \"b() \"\"\");", "b")]
    [InlineData("""a($"{c:b}");""", "b")]
    [InlineData("""a($"{{b}}");""", "b")]
    public void Blank_TextThatIsNotCode_IsGone(string code, string gone)
    {
        var blanked = CodeScanner.Blank(code);

        blanked.ShouldNotContain(gone);
        blanked.ShouldContain("a(");
        blanked.Length.ShouldBe(code.Length);
    }

    [Theory]
    [InlineData("a(); // x\nb();")]
    [InlineData("a(\"// x\"); b();")]
    [InlineData("""a($"x {b} x");""")]
    [InlineData("""a($"x {c["k"] + (d ? b : e)} x");""")]
    [InlineData("""a($@"x "" {b:N2}");""")]
    [InlineData("a($$\"\"\"{x} {{b}} \"\"\");")]
    [InlineData("a('\"'); b(); c('\"');")]
    [InlineData("a(@\"\\\"); b();")]
    public void Blank_Code_Stays(string code)
    {
        var blanked = CodeScanner.Blank(code);

        blanked.ShouldContain("b");
        blanked.ShouldNotContain("x");
    }

    [Fact]
    public void Blank_CommentOfSeveralLines_KeepsLineNumbers()
    {
        var file = new SourceFile("A.cs", "/* one\n two */\ncode");

        file.At(file.Code.IndexOf("code", StringComparison.Ordinal)).ShouldBe("A.cs:3");
    }
}
