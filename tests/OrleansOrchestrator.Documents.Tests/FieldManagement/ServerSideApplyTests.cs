using k8s.Models;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Documents.Tests.FieldManagement;

public sealed class ServerSideApplyTests
{
    [Fact]
    public void Apply_OfNewObject_CreatesIt()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'"));
        map.Owned("a").ShouldBe("""{"f:data":{"f:x":{}}}""");
        Data(map).ShouldBe("""{"x":"1"}""");
    }

    [Fact]
    public void Apply_WithoutWhatWasAppliedBefore_RemovesIt()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'", "w: '1'"));
        map.Apply("a", Map("w: '1'"));
        Data(map).ShouldBe("""{"w":"1"}""");
        map.Owned("a").ShouldBe("""{"f:data":{"f:w":{}}}""");
    }

    [Fact]
    public void Apply_WithoutWhatAnotherOwnsToo_LeavesItThere()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'", "w: '1'"));
        map.Apply("b", Map("x: '1'"));
        map.Apply("a", Map("w: '1'"));
        Data(map).ShouldBe("""{"x":"1","w":"1"}""");
        map.Owned("b").ShouldBe("""{"f:data":{"f:x":{}}}""");
    }

    [Fact]
    public void Apply_OfWhatAnotherOwns_IsRefusedWithItsPath()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'"));
        var refused = Should.Throw<ApiException>(() => map.Apply("b", Map("x: '2'")));
        refused.Code.ShouldBe(409);
        refused.Reason.ShouldBe("Conflict");
        refused.Message.ShouldBe("""Apply failed with 1 conflict: conflict with "a": .data.x""");
        var cause = refused.Status.Details.Causes.ShouldHaveSingleItem();
        (cause.Reason, cause.Field, cause.Message).ShouldBe(("FieldManagerConflict", ".data.x", "conflict with \"a\""));
        Data(map).ShouldBe("""{"x":"1"}""");
    }

    [Fact]
    public void Apply_WithConflictsOfSeveral_TellsThemAll()
    {
        var map = new LiveObject("ConfigMap");
        map.Update("updater", """{"metadata":{"name":"m"},"data":{"u":"1"}}""");
        map.Apply("a", Map("x: '1'", "w: '1'"));
        var refused = Should.Throw<ApiException>(() => map.Apply("b", Map("u: '2'", "x: '2'", "w: '2'")));
        refused.Message.ShouldBe(
            "Apply failed with 3 conflicts: conflicts with \"a\":\n- .data.w\n- .data.x\nconflicts with \"updater\" using v1:\n- .data.u");
    }

    [Fact]
    public void Apply_WithForce_TakesFields()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'", "w: '1'"));
        map.Apply("b", Map("x: '2'"), force: true);
        Data(map).ShouldBe("""{"x":"2","w":"1"}""");
        map.Owned("a").ShouldBe("""{"f:data":{"f:w":{}}}""");
        map.Owned("b").ShouldBe("""{"f:data":{"f:x":{}}}""");
    }

    [Fact]
    public void Apply_OfTheSameValue_SharesIt()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'"));
        map.Apply("b", Map("x: '1'"));
        map.Owned("a").ShouldBe(map.Owned("b"));
    }

    [Fact]
    public void Apply_Again_ChangesNoByteOfTheObject()
    {
        var pod = new LiveObject("Pod");
        pod.Apply("a", Pod("ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]"));
        var before = pod.Node["metadata"]!["managedFields"]!.ToJsonString();
        pod.Apply("a", Pod("ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]"));
        pod.Node["metadata"]!["managedFields"]!.ToJsonString().ShouldBe(before);
    }

    [Fact]
    public void Apply_OfUntrackedObject_GivesThePastToBeforeFirstApply()
    {
        var map = new LiveObject("ConfigMap");
        map.Plant("""{"metadata":{"name":"m"},"data":{"x":"1"}}""");
        var refused = Should.Throw<ApiException>(() => map.Apply("a", Map("x: '2'")));
        refused.Message.ShouldBe("""Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x""");
        map.Apply("a", Map("w: '1'"));
        map.Owned("before-first-apply", "Update").ShouldBe("""{"f:data":{".":{},"f:x":{}}}""");
    }

    [Fact]
    public void Apply_OfLists_KeepsTheOrderOfTheConfigurationAndThePlaceOfOthers()
    {
        var pod = new LiveObject("Pod");
        pod.Update("u", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"i"},{"name":"b","image":"i"},{"name":"c","image":"i"}]}}""");
        pod.Apply("x", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"d","image":"i"},{"name":"c"},{"name":"a"}]}}""");
        ContainersOf(pod).ShouldBe(["b", "d", "c", "a"]);
    }

    [Fact]
    public void Apply_WithoutListElement_RemovesItWithItsDefaults()
    {
        var pod = new LiveObject("Pod");
        pod.Apply("a", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"i"},{"name":"b","image":"i"}]}}""");
        pod.Apply("a", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"b","image":"i"}]}}""");
        ContainersOf(pod).ShouldBe(["b"]);
    }

    [Fact]
    public void Apply_WithoutStructure_RemovesItWholeOrNotAtAll()
    {
        var pod = new LiveObject("Pod");
        const string Probe = "livenessProbe: {httpGet: {path: /, port: 80}}";
        pod.Apply("a", Pod(Probe));
        pod.Apply("b", Pod(Probe));
        pod.Apply("a", Pod(""));
        pod.Node["spec"]!["containers"]![0]!["livenessProbe"]!["httpGet"]!["path"]!.GetValue<string>().ShouldBe("/");
        pod.Apply("b", Pod(""));
        pod.Node["spec"]!["containers"]![0]!["livenessProbe"].ShouldBeNull();
    }

    [Fact]
    public void Apply_WithoutAtomicMap_RemovesItWhole()
    {
        var service = new LiveObject("Service");
        const string Head = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports: [{port: 80}]\n";
        service.Apply("a", Head + "  selector: {app: x, tier: front}");
        service.Owned("a").ShouldBe(
            """{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:selector":{}}}""");
        service.Apply("a", Head);
        service.Node["spec"]!["selector"].ShouldBeNull();
    }

    [Fact]
    public void Apply_OfSetElements_SharesTheList()
    {
        var map = new LiveObject("ConfigMap");
        const string Head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  finalizers: ";
        map.Apply("a", Head + "[x/a]");
        map.Apply("b", Head + "[x/b]");
        map.Owned("b").ShouldBe("""{"f:metadata":{"f:finalizers":{"v:\"x/b\"":{}}}}""");
        map.Apply("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}");
        map.Node["metadata"]!["finalizers"]!.ToJsonString().ShouldBe("""["x/b"]""");
        map.Owned("a").ShouldBeNull();
    }

    [Fact]
    public void Apply_OfIdentity_OwnsNothing()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: default, uid: u, creationTimestamp: null}");
        map.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void Apply_OfStatus_OwnsStatusOnly()
    {
        var rc = new LiveObject("ReplicationController");
        rc.Plant("""{"metadata":{"name":"r"},"spec":{"replicas":1}}""");
        rc.Apply("a", "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\nspec: {replicas: 5}\nstatus: {replicas: 3}", force: true, subresource: "status");
        rc.Owned("a", subresource: "status").ShouldBe("""{"f:status":{"f:replicas":{}}}""");
        rc.Apply("a", "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\nspec: {replicas: 5}\nstatus: {replicas: 3}", force: true);
        rc.Owned("a").ShouldBe("""{"f:spec":{"f:replicas":{}}}""");
    }

    [Fact]
    public void Apply_AfterUpdateOfAppliedField_IsAConflict()
    {
        var map = new LiveObject("ConfigMap");
        map.Apply("a", Map("x: '1'"));
        map.Edit("editor", obj => ((V1ConfigMap)obj).Data["x"] = "2");
        map.Owned("a").ShouldBeNull();
        Should.Throw<ApiException>(() => map.Apply("a", Map("x: '1'"))).Message
            .ShouldBe("""Apply failed with 1 conflict: conflict with "editor" using v1: .data.x""");
    }

    [Theory]
    [InlineData("spec: {containers: [{name: c, imagge: i}]}", """.spec.containers[name="c"].imagge: field not declared in schema""")]
    [InlineData("spec: {containers: [{name: c}, {name: c}]}", """.spec.containers: duplicate entries for key [name="c"]""")]
    [InlineData("spec: {containers: [{image: c}]}", """.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)""")]
    [InlineData("spec: {containers: {}}", ".spec.containers: expected list, got {}")]
    [InlineData("spec: [], foo: 1", "errors:\n  .spec: expected map, got []\n  .foo: field not declared in schema")]
    public void Apply_OfWhatHasNoSchema_IsRefusedAsByKubernetes(string body, string fault)
    {
        var pod = new LiveObject("Pod");
        var refused = Should.Throw<ApiException>(() => pod.Apply("a", $"{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: default}}, {body}}}"));
        refused.Code.ShouldBe(500);
        refused.Message.ShouldBe($"failed to create typed patch object (default/p; /v1, Kind=Pod): {fault}");
    }

    [Theory]
    [InlineData("{apiVersion: v2, kind: Pod}", "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1")]
    [InlineData("{apiVersion: v1, kind: Pot}", "the kind in the data (Pot) does not match the expected kind (Pod)")]
    [InlineData("{apiVersion: v1}", "Object 'Kind' is missing in the applied configuration")]
    [InlineData("{apiVersion: v1, kind: Pod, metadata: {managedFields: []}}", "metadata.managedFields must be nil")]
    [InlineData("[]", "error decoding patch: the configuration must be an object")]
    public void Apply_OfWhatIsNoConfiguration_IsRefused(string body, string message)
    {
        var refused = Should.Throw<ApiException>(() => new LiveObject("Pod").Apply("a", body));
        (refused.Code, refused.Message).ShouldBe((400, message));
    }

    [Fact]
    public void Apply_ByKubectlAfterClientSideApply_TakesWhatThatApplied()
    {
        var map = new LiveObject("ConfigMap");
        const string Last = """{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"},\"data\":{\"x\":\"1\",\"z\":\"1\"}}""";
        map.Update("kubectl-client-side-apply", $$$$"""{"metadata":{"name":"m","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{{{{Last}}}}"}},"data":{"x":"1","z":"1"}}""");
        map.Apply("kubectl", Map("x: '2'"));
        Data(map).ShouldBe("""{"x":"2","z":"1"}""");
        map.Node["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"]!.GetValue<string>()
            .ShouldBe("""{"apiVersion":"v1","data":{"x":"2"},"kind":"ConfigMap","metadata":{"name":"m"}}""" + "\n");
        Should.Throw<ApiException>(() => map.Apply("other", Map("z: '2'")));
    }

    [Fact]
    public void Apply_ByKubectlOfWhatChangedSinceClientSideApply_IsAConflict()
    {
        var map = new LiveObject("ConfigMap");
        const string Last = """{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\"},\"data\":{\"x\":\"1\"}}""";
        map.Update("kubectl-client-side-apply", $$$$"""{"metadata":{"name":"m","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{{{{Last}}}}"}},"data":{"x":"1"}}""");
        map.Edit("editor", obj => ((V1ConfigMap)obj).Data["x"] = "3");
        Should.Throw<ApiException>(() => map.Apply("kubectl", Map("x: '2'"))).Message
            .ShouldBe("""Apply failed with 1 conflict: conflict with "editor" using v1: .data.x""");
    }

    private static string Map(params string[] data) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata: {{{string.Join(", ", data)}}}";

    private static string Pod(string container) =>
        $"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, image: i{(container.Length > 0 ? ", " + container : "")}}}]}}}}";

    private static string Data(LiveObject map) => map.Node["data"]!.ToJsonString();

    private static List<string> ContainersOf(LiveObject pod) =>
        [.. pod.Node["spec"]!["containers"]!.AsArray().Select(container => container!["name"]!.GetValue<string>())];
}
