using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The node's own credentials for registries.</summary>
public sealed class NodeRegistryConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("registries-").FullName;
    private readonly LogLines _log = new();

    private string First => Path.Combine(_folder, "config.json");

    private string Second => Path.Combine(_folder, ".dockercfg");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Find_TheMostSpecificFirst_AndOnlyForItsRegistry()
    {
        File.WriteAllText(First, """{"auths":{"registry.test":{"username":"all","password":"a"},"registry.test/team":{"username":"team","password":"t"},"other.test":{"username":"o"}}}""");

        Users("registry.test/team/image:1").ShouldBe(["team", "all"]);
        Users("registry.test/image:1").ShouldBe(["all"]);
        Users("image:1").ShouldBeEmpty();
    }

    [Fact]
    public void Find_AfterAChange_ReadsTheFileAgain()
    {
        Users("registry.test/image").ShouldBeEmpty();
        File.WriteAllText(Second, """{"registry.test":{"auth":"b2xkOnA="}}""");
        Users("registry.test/image").ShouldBe(["old"]);
        File.WriteAllText(First, """{"auths":{"registry.test":{"username":"new"}}}""");
        Users("registry.test/image").ShouldBe(["new"]);
    }

    [Theory]
    [InlineData("{", "has no credentials that can be read")]
    [InlineData("""{"auths":{"registry.test":{"auth":"%"}}}""", "has no credentials that can be read")]
    [InlineData("""{"credsStore":"desktop"}""", "names programs that keep credentials")]
    public void File_ThatCannotBeRead_IsToldOnceAndTheNextOneCounts(string content, string fault)
    {
        File.WriteAllText(First, content);
        File.WriteAllText(Second, """{"registry.test":{"username":"old"}}""");
        var config = new NodeRegistryConfig([First, Second], _log);

        config.Find("registry.test/image").ShouldHaveSingleItem().Username.ShouldBe("old");
        config.Find("registry.test/image").ShouldHaveSingleItem();

        _log.Lines.ShouldHaveSingleItem().ShouldContain(fault);
    }

    [Fact]
    public void File_WithProgramsAndCredentials_GivesTheCredentialsAndTellsOfThePrograms()
    {
        File.WriteAllText(First, """{"auths":{"registry.test":{"username":"u"}},"credHelpers":{"gcr.io":"gcloud"}}""");

        Users("registry.test/image").ShouldBe(["u"]);
        _log.Lines.ShouldHaveSingleItem().ShouldContain("only what is in its auths counts");
    }

    private IEnumerable<string> Users(string image) => new NodeRegistryConfig([First, Second], _log).Find(image).Select(credential => credential.Username);
}
