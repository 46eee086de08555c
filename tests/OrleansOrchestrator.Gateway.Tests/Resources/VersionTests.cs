using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Resources;

/// <summary>One resource, served in several groups and versions.</summary>
public sealed class VersionTests : IAsyncLifetime
{
    private const string Core = "/api/v1/namespaces/default/events";
    private const string Newer = "/apis/events.k8s.io/v1/namespaces/default/events";
    private const string CoreEvent =
        """{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","namespace":"default","name":"web"},"reason":"Pulled","message":"done","type":"Normal","count":2}""";

    private readonly GatewayFixture _gateway = new();

    public async ValueTask InitializeAsync() => await _gateway.InitializeAsync();

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Object_CreatedInOneForm_IsReadInTheOther()
    {
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created)["apiVersion"]!.GetValue<string>().ShouldBe("v1");

        var read = (await _gateway.Admin.GetJsonAsync(Newer + "/e")).ShouldSucceed();

        read["apiVersion"]!.GetValue<string>().ShouldBe("events.k8s.io/v1");
        read["regarding"]!["name"]!.GetValue<string>().ShouldBe("web");
        read["note"]!.GetValue<string>().ShouldBe("done");
        read["deprecatedCount"]!.GetValue<int>().ShouldBe(2);
        read["involvedObject"].ShouldBeNull();
        long.Parse(read["metadata"]!["resourceVersion"]!.GetValue<string>()).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Object_CreatedInTheOtherVersion_IsStoredInTheStorageVersion()
    {
        const string Sent =
            """{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"n"},"regarding":{"kind":"Pod","namespace":"default","name":"web"},"note":"hello","reason":"Pulled","type":"Normal"}""";
        (await PostAsync(Newer, Sent)).ShouldSucceed(HttpStatusCode.Created)["note"]!.GetValue<string>().ShouldBe("hello");

        var read = (await _gateway.Admin.GetJsonAsync(Core + "/n")).ShouldSucceed();

        read["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        read["message"]!.GetValue<string>().ShouldBe("hello");
        read["involvedObject"]!["name"]!.GetValue<string>().ShouldBe("web");
    }

    [Fact]
    public async Task Patch_InAVersion_IsAppliedToThatVersion()
    {
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created);

        var patch = new StringContent("""{"note":"patched"}""", System.Text.Encoding.UTF8, "application/merge-patch+json");
        (await _gateway.Admin.CallAsync(HttpMethod.Patch, Newer + "/e", patch)).ShouldSucceed()["note"]!.GetValue<string>().ShouldBe("patched");

        (await _gateway.Admin.GetJsonAsync(Core + "/e")).ShouldSucceed()["message"]!.GetValue<string>().ShouldBe("patched");
    }

    [Fact]
    public async Task List_InAVersion_SelectsByItsOwnFields()
    {
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created);

        (await NamesAsync(Newer + "?fieldSelector=regarding.name%3Dweb,reportingController%3D")).ShouldBe(["e"]);
        (await NamesAsync(Newer + "?fieldSelector=regarding.name%3Dother")).ShouldBeEmpty();
        (await _gateway.Admin.GetJsonAsync(Newer + "?fieldSelector=involvedObject.name%3Dweb")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest")
            .ShouldBe("field label not supported: involvedObject.name");
        (await _gateway.Admin.GetJsonAsync(Core + "?fieldSelector=regarding.name%3Dweb")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Theory]
    [InlineData("""{"component":"kubelet"}""", "kubelet")]
    [InlineData("""{"component":""}""", "reporter")]
    [InlineData("""{"host":"n"}""", "reporter")]
    [InlineData("null", "reporter")]
    public async Task List_BySource_FallsBackToTheReportingController(string source, string selected)
    {
        (await PostAsync(Core, CoreEvent[..^1] + $$""","source":{{source}},"reportingComponent":"reporter","reportingInstance":"i"}""")).ShouldSucceed(HttpStatusCode.Created);

        (await NamesAsync($"{Core}?fieldSelector=source%3D{selected}")).ShouldBe(["e"]);
        (await NamesAsync($"{Core}?fieldSelector=source!%3D{selected}")).ShouldBeEmpty();
        (await NamesAsync(Core + "?fieldSelector=reportingComponent%3Dreporter")).ShouldBe(["e"]);
        (await NamesAsync(Newer + "?fieldSelector=reportingController%3Dreporter")).ShouldBe(["e"]);
        (await _gateway.Admin.GetJsonAsync(Newer + "?fieldSelector=source%3Dkubelet")).ShouldFail(HttpStatusCode.BadRequest, "BadRequest");
    }

    [Fact]
    public async Task Event_OfTheConformanceCheck_CanBeFetchedPatchedUpdatedListedAndDeleted()
    {
        const string Sent =
            """{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"event-test","labels":{"testevent-constant":"true"}},"eventTime":"2017-09-19T13:49:16.000000Z","reportingController":"test-controller","reportingInstance":"test-node","action":"Do","reason":"Test","regarding":{"namespace":"default"},"note":"This is event-test","type":"Normal","deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}""";
        (await PostAsync(Newer, Sent)).ShouldSucceed(HttpStatusCode.Created);
        (await NamesAsync("/apis/events.k8s.io/v1/events?labelSelector=testevent-constant%3Dtrue")).ShouldBe(["event-test"]);
        (await NamesAsync(Newer + "?labelSelector=testevent-constant%3Dtrue")).ShouldBe(["event-test"]);
        (await NamesAsync(Core + "?fieldSelector=source%3Dtest-controller")).ShouldBe(["event-test"]);
        (await NamesAsync(Newer + "?fieldSelector=reportingController%3Dtest-controller")).ShouldBe(["event-test"]);
        var created = (await _gateway.Admin.GetJsonAsync(Newer + "/event-test")).ShouldSucceed();

        var patch = new StringContent("""{"note":"This is a test event - patched"}""", System.Text.Encoding.UTF8, "application/strategic-merge-patch+json");
        (await _gateway.Admin.CallAsync(HttpMethod.Patch, Newer + "/event-test", patch)).ShouldSucceed();
        created["note"] = "This is a test event - patched";
        ShouldBeSame((await _gateway.Admin.GetJsonAsync(Newer + "/event-test")).ShouldSucceed(), created);

        created["series"] = new JsonObject { ["count"] = 100, ["lastObservedTime"] = "2017-09-19T13:49:16.000000Z" };
        created["metadata"]!.AsObject().Remove("resourceVersion");
        (await _gateway.Admin.CallAsync(HttpMethod.Put, Newer + "/event-test", HttpCalls.Json(created.ToJsonString()))).ShouldSucceed();
        ShouldBeSame((await _gateway.Admin.GetJsonAsync(Newer + "/event-test")).ShouldSucceed(), created);

        (await _gateway.Admin.CallAsync(HttpMethod.Delete, Newer + "/event-test")).ShouldSucceed();
        (await NamesAsync(Newer)).ShouldBeEmpty();
    }

    [Fact]
    public async Task List_InAVersion_IsWhollyInThatVersion()
    {
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created);

        var list = (await _gateway.Admin.GetJsonAsync(Newer)).ShouldSucceed();

        list["apiVersion"]!.GetValue<string>().ShouldBe("events.k8s.io/v1");
        list["kind"]!.GetValue<string>().ShouldBe("EventList");
        list["items"]![0]!["note"]!.GetValue<string>().ShouldBe("done");
    }

    [Fact]
    public async Task Table_InAVersion_IncludesObjectsInThatVersion()
    {
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created);

        var table = (await _gateway.Admin.GetJsonAsync(Newer + "?includeObject=Object", ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"))).ShouldSucceed();

        table["rows"]![0]!["cells"]![2]!.GetValue<string>().ShouldBe("Pulled");
        table["rows"]![0]!["object"]!["note"]!.GetValue<string>().ShouldBe("done");
    }

    [Fact]
    public async Task Watch_InAVersion_TellsThatVersion()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var stream = new StreamReader(await _gateway.Admin.GetStreamAsync(
            Newer + "?watch=true&fieldSelector=regarding.name%3Dweb", deadline.Token));
        (await PostAsync(Core, CoreEvent)).ShouldSucceed(HttpStatusCode.Created);

        var frame = JsonNode.Parse((await stream.ReadLineAsync(deadline.Token))!)!;

        frame["type"]!.GetValue<string>().ShouldBe("ADDED");
        frame["object"]!["apiVersion"]!.GetValue<string>().ShouldBe("events.k8s.io/v1");
        frame["object"]!["note"]!.GetValue<string>().ShouldBe("done");
    }

    [Fact]
    public async Task Discovery_OfAResource_NamesItInEveryVersion()
    {
        foreach (var path in new[] { "/api/v1", "/apis/events.k8s.io/v1" })
        {
            var resources = (await _gateway.Admin.GetJsonAsync(path)).ShouldSucceed()["resources"]!.AsArray();
            resources.Single(resource => resource!["name"]!.GetValue<string>() == "events")!["kind"]!.GetValue<string>().ShouldBe("Event");
        }
    }

    [Fact]
    public async Task OpenApi_OfAForm_HasItsModel()
    {
        var document = (await _gateway.Admin.GetJsonAsync("/openapi/v3/apis/events.k8s.io/v1")).ShouldSucceed();
        document["components"]!["schemas"]!["io.k8s.api.events.v1.Event"]!["properties"]!["regarding"].ShouldNotBeNull();
    }

    private static void ShouldBeSame(JsonNode actual, JsonNode expected)
    {
        foreach (var obj in new[] { actual, expected })
        {
            obj["metadata"]!.AsObject().Remove("resourceVersion");
            obj["metadata"]!.AsObject().Remove("managedFields");
        }

        JsonNode.DeepEquals(actual, expected).ShouldBeTrue(actual.ToJsonString());
    }

    private Task<(HttpResponseMessage Response, JsonNode? Body)> PostAsync(string path, string json) =>
        _gateway.Admin.CallAsync(HttpMethod.Post, path, HttpCalls.Json(json));

    private async Task<string[]> NamesAsync(string path)
    {
        var list = (await _gateway.Admin.GetJsonAsync(path)).ShouldSucceed();
        return [.. list["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>())];
    }
}
