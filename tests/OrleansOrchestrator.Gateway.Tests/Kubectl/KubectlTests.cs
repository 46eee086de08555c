using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Kubectl;

public sealed class KubectlTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IDisposable
{
    private readonly KubectlRun _kubectl = new(gateway);

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task Version_OfServer_IsKubernetes()
    {
        var output = await _kubectl.RunAsync("version");
        output.ShouldContain("Server Version: v1.33.0+orleansorchestrator.");
    }

    [Fact]
    public async Task ClusterInfo_OfGateway_NamesIt()
    {
        var output = await _kubectl.RunAsync("cluster-info");
        output.ShouldContain("is running at");
        output.ShouldContain(gateway.Address.Authority);
    }

    [Fact]
    public async Task ApiResources_OfRegistry_ListsKindsWithShortNames()
    {
        var output = await _kubectl.RunAsync("api-resources");
        output.ShouldMatch(@"configmaps\s+cm\s+v1\s+true\s+ConfigMap");
        output.ShouldMatch(@"leases\s+coordination.k8s.io/v1\s+true\s+Lease");
        output.ShouldMatch(@"nodes\s+no\s+v1\s+false\s+Node");
    }

    [Fact]
    public async Task CreateThenGet_OfConfigMap_PrintsTable()
    {
        await _kubectl.RunAsync("create configmap created --from-literal=a=1 --from-literal=b=2");
        var table = await _kubectl.RunAsync("get cm created");
        table.ShouldMatch(@"NAME\s+DATA\s+AGE");
        table.ShouldMatch(@"created\s+2\s+\d+s");
        (await _kubectl.RunAsync("get cm created -o wide")).ShouldContain("created");
        (await _kubectl.RunAsync("get cm created -o yaml")).ShouldContain("a: \"1\"");
        (await _kubectl.RunAsync("get cm -A -o name")).ShouldContain("configmap/created");
        (await _kubectl.RunAsync("get cm created -o jsonpath={.data.b}")).ShouldBe("2");
    }

    [Fact]
    public async Task Get_OfMissingObject_IsNotFound()
    {
        var (code, output) = await _kubectl.TryRunAsync("get cm missing");
        code.ShouldBe(1);
        output.ShouldContain("Error from server (NotFound): configmaps \"missing\" not found");
    }

    [Fact]
    public async Task Apply_OfManifest_CreatesThenConfigures()
    {
        const string Manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: \"1\"\n";
        (await _kubectl.RunAsync("apply -f -", Manifest)).ShouldContain("configmap/applied created");
        (await _kubectl.RunAsync("apply -f -", Manifest)).ShouldContain("configmap/applied unchanged");
        var changed = await _kubectl.RunAsync("apply -f -", Manifest.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        changed.ShouldContain("configmap/applied configured");
        changed.ShouldNotContain("warning", Case.Insensitive);
        (await _kubectl.RunAsync("get cm applied -o jsonpath={.data.a}")).ShouldBe("2");
    }

    [Fact]
    public async Task Create_WithValidation_AsksTheServerToBeStrict()
    {
        await _kubectl.RunAsync("create configmap strict --from-literal=a=1 --validate=strict");
        gateway.Objects.LastWrite!.FieldValidation.ShouldBe(ControlPlane.Requests.FieldValidation.Strict);
        gateway.Objects.LastWrite.FieldManager.ShouldBe("kubectl-create");
    }

    [Fact]
    public async Task LabelAndAnnotate_OfObject_ChangeIt()
    {
        await _kubectl.RunAsync("create configmap marked");
        (await _kubectl.RunAsync("label cm marked tier=front")).ShouldContain("labeled");
        (await _kubectl.RunAsync("annotate cm marked note=hello")).ShouldContain("annotated");
        (await _kubectl.RunAsync("get cm -l tier=front -o name")).Trim().ShouldBe("configmap/marked");
        (await _kubectl.RunAsync("label cm marked tier-")).ShouldContain("unlabeled");
    }

    [Fact]
    public async Task Describe_OfConfigMap_TellsItsData()
    {
        await _kubectl.RunAsync("create configmap described --from-literal=greeting=hello");
        var output = await _kubectl.RunAsync("describe cm described");
        output.ShouldContain("greeting:");
        output.ShouldContain("hello");
    }

    [Fact]
    public async Task DescribeAndGet_OfPod_TellItsStateAndColumns()
    {
        await _kubectl.RunAsync("run shown --image=nginx:1 --labels=app=shown");
        var described = await _kubectl.RunAsync("describe pod shown");
        described.ShouldMatch(@"Image:\s+nginx:1");
        (await _kubectl.RunAsync("get pod shown -o wide")).ShouldMatch(@"NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP\s+NODE");
    }

    [Theory]
    [InlineData("create namespace made", "namespace/made created")]
    [InlineData("create secret generic made --from-literal=a=b", "secret/made created")]
    [InlineData("create serviceaccount made", "serviceaccount/made created")]
    [InlineData("create service clusterip made --tcp=80:8080", "service/made created")]
    public async Task Create_OfTypedCommand_IsReadFromProtobuf(string command, string expected) =>
        (await _kubectl.RunAsync(command)).ShouldContain(expected);

    [Fact]
    public async Task Delete_OfObject_WaitsUntilItIsGone()
    {
        await _kubectl.RunAsync("create configmap doomed");
        (await _kubectl.RunAsync("delete cm doomed --wait --timeout=20s")).ShouldContain("\"doomed\" deleted");
        (await _kubectl.TryRunAsync("get cm doomed")).Code.ShouldBe(1);
    }

    [Fact]
    public async Task GetWatch_OfChange_PrintsRow()
    {
        // Of an object by its name kubectl hides what it finds when its watch begins, and with that a change that came just before.
        await _kubectl.RunAsync("create configmap watched");
        var output = await _kubectl.ReadUntilAsync("get cm --field-selector metadata.name=watched -w -L tier", "back", whenStarted: async () =>
        {
            using var answer = await gateway.Admin.PatchAsync(
                "/api/v1/namespaces/default/configmaps/watched",
                new StringContent("""{"metadata":{"labels":{"tier":"back"}}}""", null, "application/merge-patch+json"));
            answer.EnsureSuccessStatusCode();
        });
        output.ShouldMatch(@"watched\s+0\s+\d+s\s+back");
    }

    [Fact]
    public async Task Explain_OfPodContainers_ListsFields()
    {
        var output = await _kubectl.RunAsync("explain pod.spec.containers");
        output.ShouldContain("imagePullPolicy");
        output.ShouldContain("[]Container");
    }

    [Fact]
    public async Task Explain_OfProbeRecursively_DescribesIt()
    {
        var output = await _kubectl.RunAsync("explain pod.spec.containers.livenessProbe --recursive");
        output.ShouldMatch(@"KIND:\s+Pod");
        output.ShouldContain("Periodic probe of container liveness.");
        output.ShouldMatch(@"httpGet\s+<HTTPGetAction>\s+host\s+<string>");
    }

    [Theory]
    [InlineData("bindings.target", "The target object that you want to bind")]
    [InlineData("tokenreviews.spec", "audiences")]
    [InlineData("selfsubjectreviews.status", "userInfo")]
    [InlineData("subjectaccessreviews.spec", "resourceAttributes")]
    [InlineData("localsubjectaccessreviews.spec", "nonResourceAttributes")]
    [InlineData("selfsubjectaccessreviews", "SelfSubjectAccessReview checks whether")]
    [InlineData("selfsubjectrulesreviews.status", "incomplete")]
    public async Task Explain_OfAKindThatIsNotStored_DescribesIt(string field, string expected)
    {
        (await _kubectl.RunAsync($"explain {field}")).ShouldContain(expected);
        (await _kubectl.RunAsync($"explain {field} --output=plaintext-openapiv2")).ShouldContain(expected);
    }

    [Fact]
    public async Task Explain_OfShortName_DescribesTheKind() =>
        (await _kubectl.RunAsync("explain rc")).ShouldContain("ReplicationController represents the configuration of a");

    [Fact]
    public async Task Explain_OfVersion2_ReadsProtobuf()
    {
        var output = await _kubectl.RunAsync("explain pod.spec.volumes --output=plaintext-openapiv2");
        output.ShouldMatch(@"RESOURCE:\s+volumes <\[\]Object>");
        output.ShouldContain("List of volumes that can be mounted");
    }

    [Fact]
    public async Task Scale_OfReplicationController_ChangesItsReplicas()
    {
        await _kubectl.RunAsync("create -f -", """
            {"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"scaled"},
             "spec":{"replicas":1,"selector":{"app":"a"},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """);
        (await _kubectl.RunAsync("scale rc scaled --replicas=3")).ShouldContain("scaled");
        (await _kubectl.RunAsync("scale rc scaled --current-replicas=3 --replicas=5")).ShouldContain("scaled");
        (await _kubectl.RunAsync("get rc scaled -o jsonpath={.spec.replicas}")).ShouldBe("5");
        (await _kubectl.RunAsync("get rc scaled --subresource=scale -o jsonpath={.status.selector}")).ShouldBe("app=a");
        (await _kubectl.TryRunAsync("scale rc scaled --current-replicas=9 --replicas=1")).Output.ShouldContain("Expected replicas to be 9, was 5");
    }

    [Fact]
    public async Task Logs_OfUnscheduledPod_AreEmpty()
    {
        await _kubectl.RunAsync("create -f -", """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"idle"},"spec":{"containers":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}}
            """);
        (await _kubectl.RunAsync("logs idle -c a")).ShouldBe("");
        (await _kubectl.TryRunAsync("logs idle -c x")).Output.ShouldContain("container x is not valid for pod idle");
    }
}
