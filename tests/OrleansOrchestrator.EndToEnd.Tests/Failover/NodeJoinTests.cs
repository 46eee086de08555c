using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Machines that join a cluster with a token, and then have an identity of their own.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class NodeJoinTests(ProcessRuntime runtime) : EndToEndTest
{
    // Ten minutes are the shortest life of a certificate, which begins five minutes in the past: it is renewed after six seconds.
    private const string Options = "node: { clientCertificateDuration: '00:10:00', certificateRenewalMin: 0.34, certificateRenewalMax: 0.34 }";

    private Scratch _scratch = null!;

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        await OwnNamespaceAsync(runtime.Cluster.Api);
        _scratch = NewScratch();
    }

    [Fact]
    public async Task Node_ThatJoinsWithAToken_RunsPodsRenewsItsCertificateAndSeesNoOtherNodesSecrets()
    {
        await File.WriteAllTextAsync(_scratch.At("options.yaml"), Options, Cancelled);
        var join = await TokenAsync("create", "--print-join-command");
        var names = new[] { $"{UniqueName}-a", $"{UniqueName}-b" };
        foreach (var name in names)
            AtEnd(() => Kubectl.TryAsync("delete", "node", name));
        var members = await Task.WhenAll(names.Select(name => JoinAsync(join, name)));
        members[0].Describe().ShouldContain($"ready: node {names[0]} runs pods on process");
        var joined = await runtime.Cluster.Api.GetAsync($"/api/v1/nodes/{names[0]}");
        joined["status"]!["conditions"]!.AsArray().ShouldContain(item => (string?)item!["type"] == "Ready" && (string?)item["status"] == "True", "a node that says that it is ready is ready");
        File.GetUnixFileMode(CertificateOf(names[0])).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var first = await File.ReadAllTextAsync(CertificateOf(names[0]), Cancelled);

        await Kubectl.RunAsync("-n", UniqueName, "create", "secret", "generic", "mine", "--from-literal=word=joined");
        await Kubectl.RunWithInputAsync(PodOn(names[0]), "-n", UniqueName, "apply", "-f", "-");
        await Kubectl.RunAsync("-n", UniqueName, "wait", "--for=condition=Ready", "pod/p", "--timeout=60s");
        await Eventually.PassesAsync(async () => (await Kubectl.RunAsync("-n", UniqueName, "logs", "p")).Output.ShouldBe("joined\n"));

        var (own, other) = (KubectlOf(names[0]), KubectlOf(names[1]));
        await own.RunAsync("-n", UniqueName, "get", "secret", "mine");
        await RefusedAsync(other, $"no relationship found between node '{names[1]}' and this object", "get", "secret", "mine");
        await RefusedAsync(other, $"node \"{names[1]}\" can only delete pods with spec.nodeName set to itself", "delete", "pod", "p");

        await Eventually.PassesAsync(async () => (await File.ReadAllTextAsync(CertificateOf(names[0]), Cancelled)).ShouldNotBe(first));
        await own.RunAsync("-n", UniqueName, "get", "secret", "mine");
        (await Kubectl.RunAsync("get", "csr", "--no-headers")).Output.ShouldMatch($@"system:node:{names[0]}\s+10m\s+Approved,Issued");

        // The certificate is all that a daemon needs when it comes back.
        await Kubectl.RunAsync("-n", UniqueName, "delete", "pod", "p");
        await members[0].StopAsync();
        await TokenAsync("revoke", TokenOf(join));
        await JoinAsync(join, names[0]);

        // A revoked token joins nobody.
        var late = await RunAsync(["node", .. Arguments(join), "--name", $"{UniqueName}-c", "--runtime", "process", "--data", _scratch.At("c")]);
        (late.ExitCode, late.Errors).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(1), result => result.Errors.ShouldContain("cannot join"));
    }

    private Task<Member> JoinAsync(string join, string name) => StartMemberAsync(
        _scratch.At(name), ["node", .. Arguments(join), "--name", name, "--runtime", "process", "--config", _scratch.At("options.yaml"), "--log-level", "information"]);

    private async Task<string> TokenAsync(params string[] arguments)
    {
        var result = await RunAsync(["token", .. arguments, "--kubeconfig", runtime.Cluster.Member.KubeConfig]);
        result.ExitCode.ShouldBe(0, result.ToString());
        return result.Output.Trim();
    }

    private static async Task<CommandResult> RunAsync(string[] arguments)
    {
        await using var command = OrchestratorProgram.Start(arguments);
        return await command.WaitAsync(Eventually.Patience);
    }

    private static string[] Arguments(string join) => join["orchestrator node ".Length..].Split(' ');

    private static string TokenOf(string join) => Arguments(join) is var words ? words[Array.IndexOf(words, "--token") + 1] : "";

    private string CertificateOf(string name) => Path.Combine(_scratch.At(name), "node", "pki", "kubelet-client-current.pem");

    private Kubectl KubectlOf(string name) => new(Path.Combine(_scratch.At(name), "node.kubeconfig"), _scratch.At($"home-{name}"));

    private async Task RefusedAsync(Kubectl kubectl, string why, params string[] arguments)
    {
        var refused = await kubectl.TryAsync(["-n", UniqueName, .. arguments]);
        refused.ExitCode.ShouldBe(1, refused.ToString());
        refused.Errors.ShouldContain(why);
    }

    private static string PodOn(string node) =>
        $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: p
        spec:
          nodeName: {{node}}
          terminationGracePeriodSeconds: 0
          containers:
          - name: main
            image: none
            command: [sh, -c, 'echo $WORD; exec sleep 1000']
            env:
            - name: WORD
              valueFrom:
                secretKeyRef:
                  name: mine
                  key: word
        """;
}
