using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Model.Tests.Names;

public sealed class NameGeneratorTests
{
    [Fact]
    public void Generate_ShortPrefix_AppendsFiveSafeCharacters() =>
        NameGenerator.Generate("web-", new Random(1)).ShouldMatch("^web-[bcdfghjklmnpqrstvwxz2456789]{5}$");

    [Fact]
    public void Generate_LongPrefix_FitsALabel()
    {
        var name = NameGenerator.Generate(new string('a', 80));

        name.Length.ShouldBe(63);
        NameRules.IsDns1123Label(name).ShouldBeEmpty();
    }

    [Fact]
    public void Generate_Twice_Differs()
    {
        var random = new Random(1);

        NameGenerator.Generate("a", random).ShouldNotBe(NameGenerator.Generate("a", random));
    }
}
