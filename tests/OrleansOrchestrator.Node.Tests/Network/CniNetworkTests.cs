using OrleansOrchestrator.Node.Network.Cni;

namespace OrleansOrchestrator.Node.Tests.Network;

public sealed class CniNetworkTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cni-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Folder_WithSeveralConfigurations_GivesTheFirstThatCanBeUsed()
    {
        Write("00-broken.conflist", "{");
        Write("05-README", "not a configuration");
        Write("10-one.conf", """{"name":"one","type":"bridge","cniVersion":"0.4.0"}""");
        Write("20-two.conflist", """{"name":"two","plugins":[{"type":"ptp"}]}""");

        var network = CniNetwork.FirstIn(_folder);

        (network.Name, network.Version.ToString(), CniNetwork.TypeOf(network.Plugins.Single())).ShouldBe(("one", "0.4.0", "bridge"));
        CniNetwork.Parse(network.ToJson().ToJsonString()).ToJson().ToJsonString().ShouldBe(network.ToJson().ToJsonString());
    }

    [Fact]
    public void Folder_WithoutAConfiguration_SaysSo()
    {
        Should.Throw<CniException>(() => CniNetwork.FirstIn(_folder)).Message.ShouldBe($"no network config found in {_folder}: cni plugin not initialized");
        Should.Throw<CniException>(() => CniNetwork.FirstIn(_folder + "-missing"));
        Write("10.conf", "[]");
        Should.Throw<CniException>(() => CniNetwork.FirstIn(_folder)).Message.ShouldBe($"no network config found in {_folder}: {_folder}/10.conf: it is no JSON object");
    }

    [Theory]
    [InlineData("[]", "it is no JSON object")]
    [InlineData("{\"type\":\"bridge\"}", "it has no \"name\"")]
    [InlineData("{\"name\":\"n\"}", "it has a plugin without \"type\", or none")]
    [InlineData("{\"name\":\"n\",\"plugins\":[]}", "it has a plugin without \"type\", or none")]
    [InlineData("{\"name\":\"n\",\"plugins\":[{\"type\":7}]}", "it has a plugin without \"type\", or none")]
    [InlineData("{\"name\":\"n\",\"type\":\"bridge\",\"cniVersion\":\"new\"}", "its cniVersion is new")]
    public void Text_ThatIsNoConfiguration_IsRefused(string text, string why) => Should.Throw<CniException>(() => CniNetwork.Parse(text)).Message.ShouldBe(why);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
