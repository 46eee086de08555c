using OrleansOrchestrator.Gateway.Tests.Hosting;

namespace OrleansOrchestrator.Gateway.Tests.Kubectl;

public sealed class KubectlServerSideTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>, IDisposable
{
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private readonly KubectlRun _kubectl = new(gateway);

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task Apply_OfManifest_CreatesThenPrunes()
    {
        (await _kubectl.RunAsync("apply --server-side -f -", Map("made", "a: one, b: two"))).ShouldContain("configmap/made serverside-applied");
        await _kubectl.RunAsync("apply --server-side -f -", Map("made", "b: two"));
        (await _kubectl.RunAsync("get cm made -o jsonpath={.data}")).ShouldBe("""{"b":"two"}""");
    }

    [Fact]
    public async Task Apply_Again_ChangesNoVersion()
    {
        await _kubectl.RunAsync("apply --server-side -f -", Map("same", "a: one"));
        var before = await _kubectl.RunAsync("get cm same -o jsonpath={.metadata.managedFields}");
        await _kubectl.RunAsync("apply --server-side -f -", Map("same", "a: one"));
        (await _kubectl.RunAsync("get cm same -o jsonpath={.metadata.managedFields}")).ShouldBe(before);
    }

    [Fact]
    public async Task Apply_OfAnothersField_FailsWithItsNameUnlessForced()
    {
        await _kubectl.RunAsync("apply --server-side --field-manager=other -f -", Map("fought", "a: one, b: one"));
        var (code, output) = await _kubectl.TryRunAsync("apply --server-side -f -", Map("fought", "a: two, b: two"));
        code.ShouldBe(1);
        output.ShouldContain("error: Apply failed with 2 conflicts: conflicts with \"other\":\n- .data.a\n- .data.b");
        output.ShouldContain("--force-conflicts");
        (await _kubectl.RunAsync("apply --server-side --force-conflicts -f -", Map("fought", "a: two, b: two"))).ShouldContain("serverside-applied");
        (await _kubectl.RunAsync("get cm fought -o jsonpath={.metadata.managedFields[*].manager}")).ShouldBe("kubectl");
    }

    [Fact]
    public async Task Apply_AfterClientSideApply_TakesOverAndKeepsTheAnnotation()
    {
        await _kubectl.RunAsync("apply -f -", Map("moved", "a: one, b: one"));
        await _kubectl.RunAsync("apply --server-side -f -", Map("moved", "a: two"));
        (await _kubectl.RunAsync("get cm moved -o jsonpath={.data}")).ShouldBe("""{"a":"two"}""");
        (await _kubectl.RunAsync("get cm moved -o jsonpath={.metadata.managedFields[*].manager}")).ShouldNotContain("kubectl-client-side-apply");
        var viewed = await _kubectl.RunAsync("apply view-last-applied cm moved");
        viewed.ShouldContain("a: two");
        viewed.ShouldNotContain("b: one");
    }

    [Fact]
    public async Task ClientSideApply_AfterServerSideApplyOfItsOwn_StillPrunes()
    {
        await _kubectl.RunAsync("apply -f -", Map("back", "a: one, b: one"));
        await _kubectl.RunAsync("apply --server-side -f -", Map("back", "a: two, c: two"));
        await _kubectl.RunAsync("apply -f -", Map("back", "a: three"));
        (await _kubectl.RunAsync("get cm back -o jsonpath={.data}")).ShouldBe("""{"a":"three"}""");
    }

    [Fact]
    public async Task ViewLastApplied_OfClientSideApply_IsUntouchedByOthers()
    {
        await _kubectl.RunAsync("apply -f -", Map("viewed", "a: one"));
        var configuration = new StringContent(Map("viewed", "z: one"));
        configuration.Headers.ContentType = new("application/apply-patch+yaml");
        using var answer = await gateway.Admin.PatchAsync("/api/v1/namespaces/default/configmaps/viewed?fieldManager=other", configuration, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        (await _kubectl.RunAsync("get cm viewed -o jsonpath={.data}")).ShouldBe("""{"a":"one","z":"one"}""");
        var viewed = await _kubectl.RunAsync("apply view-last-applied cm viewed");
        viewed.ShouldContain("a: one");
        viewed.ShouldNotContain("z: one");
    }

    [Fact]
    public async Task Diff_ServerSide_ShowsTheChangeAndMakesNone()
    {
        await _kubectl.RunAsync("apply --server-side -f -", Map("compared", "a: one"));
        var (code, output) = await _kubectl.TryRunAsync("diff --server-side -f -", Map("compared", "a: two"));
        code.ShouldBe(1, output);
        output.ShouldContain("-  a: one");
        output.ShouldContain("+  a: two");
        (await _kubectl.TryRunAsync("diff --server-side -f -", Map("compared", "a: one"))).Code.ShouldBe(0);
        (await _kubectl.RunAsync("get cm compared -o jsonpath={.data.a}")).ShouldBe("one");
    }

    [Fact]
    public async Task Apply_WithDryRun_MakesNothing()
    {
        (await _kubectl.RunAsync("apply --server-side --dry-run=server -f -", Map("tried", "a: one"))).ShouldContain("serverside-applied (server dry run)");
        (await _kubectl.TryRunAsync("get cm tried")).Code.ShouldBe(1);
    }

    [Fact]
    public async Task Get_AsYaml_ShowsManagedFieldsOnlyIfAsked()
    {
        await _kubectl.RunAsync("create configmap hidden --from-literal=a=1");
        (await _kubectl.RunAsync("get cm hidden -o yaml")).ShouldNotContain("managedFields");
        var shown = await _kubectl.RunAsync("get cm hidden -o yaml --show-managed-fields");
        shown.ShouldContain("manager: kubectl-create");
        shown.ShouldContain("f:a: {}");
        shown.ShouldContain("operation: Update");
        shown.ShouldMatch(@"time: ""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ""");
    }

    [Fact]
    public async Task Apply_OfUnknownField_IsRefused()
    {
        var (code, output) = await _kubectl.TryRunAsync("apply --server-side -f -", Map("unknown", "a: one") + "dta: {}\n");
        code.ShouldBe(1);
        output.ShouldContain(".dta: field not declared in schema");
    }

    [Fact]
    public async Task Edit_OfAppliedField_IsAConflictForTheNextApply()
    {
        await _kubectl.RunAsync("apply --server-side -f -", Map("patched", "a: one"));
        await _kubectl.RunAsync("""patch cm patched --type=merge -p {\"data\":{\"a\":\"two\"}}""");
        var (code, output) = await _kubectl.TryRunAsync("apply --server-side -f -", Map("patched", "a: one"));
        code.ShouldBe(1);
        output.ShouldContain("Apply failed with 1 conflict: conflict with \"kubectl-patch\" using v1: .data.a");
    }

    [Fact]
    public async Task Annotation_OfServerSideApplyAlone_IsNotMade()
    {
        await _kubectl.RunAsync("apply --server-side -f -", Map("plain", "a: one"));
        (await _kubectl.RunAsync("get cm plain -o yaml")).ShouldNotContain(LastApplied);
    }

    private static string Map(string name, string data) => $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {{{data}}}\n";
}
