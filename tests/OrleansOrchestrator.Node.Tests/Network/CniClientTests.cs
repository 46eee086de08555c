using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Network;

public sealed class CniClientTests : IDisposable
{
    private const string Two = """{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"first","key":1,"capabilities":{"portMappings":true}},{"type":"second","ipam":{"type":"third"}}]}""";

    private static readonly CniAttachment Sandbox = new("s1", "/proc/1/ns/net", "K8S_POD_NAME=a", [new PublishedPort(80, 8080, "tcp", null)]);

    private readonly ScriptedPlugins _plugins = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _plugins.Dispose();

    [Fact]
    public async Task Plugins_OfAList_GetEachOthersResults_AndOnlyTheCapabilitiesThatTheyHave()
    {
        _plugins.Add("first", """{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24"}]}""");
        _plugins.Add("second", """{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24"},{"address":"fd00::2/64"}]}""");

        var result = await _plugins.Client.AddAsync(CniNetwork.Parse(Two), Sandbox, Token);

        CniClient.AddressesOf(result).ShouldBe(["10.0.0.2", "fd00::2"]);
        _plugins.Calls.ShouldBe(["ADD first", "ADD second"]);
        _plugins.ToldTo("ADD", "first").ShouldBe($"s1 /proc/1/ns/net eth0 K8S_POD_NAME=a {_plugins.Folder}");
        _plugins.InputOf("ADD", "first").ToJsonString().ShouldBe(
            """{"type":"first","key":1,"capabilities":{"portMappings":true},"name":"net","cniVersion":"1.0.0","runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp","hostIP":""}]}}""");
        var second = _plugins.InputOf("ADD", "second");
        second.ContainsKey("runtimeConfig").ShouldBeFalse();
        second["prevResult"]!["ips"]![0]!["address"]!.GetValue<string>().ShouldBe("10.0.0.2/24");
    }

    [Fact]
    public void Plugin_OutOfItsFolder_IsNotFound()
    {
        _plugins.Add("first");
        _plugins.Client.FindFault(CniNetwork.Parse($$"""{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"{{_plugins.Folder}}/first"}]}""")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Deletion_GoesBackwards_AndAllTheWayWhateverRefuses()
    {
        _plugins.Add("first");
        _plugins.Add("second");
        _plugins.Refuse("DEL", "second", """{"code":7,"msg":"no way","details":"it is late"}""");
        var result = JsonNode.Parse("""{"ips":[{"address":"10.0.0.2/24"}]}""")!.AsObject();

        var refused = await Should.ThrowAsync<CniException>(() => _plugins.Client.DeleteAsync(CniNetwork.Parse(Two), Sandbox with { NetworkPath = "" }, result, Token));

        refused.Message.ShouldBe("""plugin type="second" failed (delete): no way; it is late""");
        _plugins.Calls.ShouldBe(["DEL second", "DEL first"]);
        JsonNode.DeepEquals(_plugins.InputOf("DEL", "first")["prevResult"], result).ShouldBeTrue();
        _plugins.ToldTo("DEL", "first").ShouldStartWith("s1  eth0");
    }

    [Theory]
    [InlineData("1.0.0", "false", 2)]
    [InlineData("0.4.0", "false", 2)]
    [InlineData("0.3.1", "false", 0)]
    [InlineData("1.0.0", "true", 0)]
    public async Task Check_IsAskedOfThosePluginsThatKnowIt(string version, string disabled, int calls)
    {
        _plugins.Add("first");
        _plugins.Add("second");
        var network = CniNetwork.Parse(Two.Replace("\"1.0.0\"", $"\"{version}\",\"disableCheck\":{disabled}"));

        await _plugins.Client.CheckAsync(network, Sandbox, [], Token);

        _plugins.Calls.Count.ShouldBe(calls);
        _plugins.Refuse("CHECK", "second", "it is gone");
        if (calls > 0)
            (await Should.ThrowAsync<CniException>(() => _plugins.Client.CheckAsync(network, Sandbox, [], Token))).Message.ShouldBe("""plugin type="second" failed (check): it is gone""");
        if (version == "0.3.1")
        {
            await _plugins.Client.DeleteAsync(network, Sandbox, [], Token);
            _plugins.InputOf("DEL", "first").ContainsKey("prevResult").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Plugin_ThatDoesNotAnswer_IsKilled()
    {
        _plugins.Add("first");
        _plugins.Add("second");
        _plugins.Hang("ADD", "first");
        var began = Stopwatch.GetTimestamp();

        var failure = await Should.ThrowAsync<CniException>(() =>
            new CniClient([_plugins.Folder], TimeSpan.FromMilliseconds(300)).AddAsync(CniNetwork.Parse(Two), Sandbox, Token));

        failure.Message.ShouldBe($"""plugin type="first" failed (add): {_plugins.Folder}/first took longer than 0.3 s""");
        Stopwatch.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Plugin_ThatIsMissing_IsNamed()
    {
        _plugins.Add("first");
        var network = CniNetwork.Parse(Two);
        _plugins.Client.FindFault(network).ShouldBe($"""failed to find plugin "second" in path [{_plugins.Folder}]""");
        (await Should.ThrowAsync<CniException>(() => _plugins.Client.AddAsync(network, Sandbox, Token))).Message.ShouldBe(_plugins.Client.FindFault(network));
        _plugins.Add("second");
        _plugins.Client.FindFault(network).ShouldBe($"""failed to find plugin "third" in path [{_plugins.Folder}]""");
        _plugins.Add("third");
        _plugins.Client.FindFault(network).ShouldBeNull();
    }

    [Fact]
    public async Task Result_ThatIsNone_IsARefusal()
    {
        _plugins.Add("first", "done");
        (await Should.ThrowAsync<CniException>(() => _plugins.Client.AddAsync(CniNetwork.Parse("""{"name":"n","type":"first"}"""), Sandbox, Token)))
            .Message.ShouldBe("""plugin type="first" failed (add): its result is no JSON object: done""");
    }

    [Theory]
    [InlineData("""{"ip4":{"ip":"10.0.0.3/24"},"ip6":{"ip":"fd00::3/64"}}""", "10.0.0.3,fd00::3")]
    [InlineData("""{"ips":[{"version":"4","address":"10.0.0.3/24"}]}""", "10.0.0.3")]
    [InlineData("""{"ips":[{"address":7},{"address":"here"},3]}""", "")]
    [InlineData("{}", "")]
    public void Addresses_OfAResultOfAnyVersion_AreRead(string result, string expected) =>
        string.Join(',', CniClient.AddressesOf(JsonNode.Parse(result)!.AsObject())).ShouldBe(expected);
}
