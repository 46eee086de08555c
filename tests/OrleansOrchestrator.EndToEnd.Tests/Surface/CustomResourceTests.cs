using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;

namespace OrleansOrchestrator.EndToEnd.Tests.Surface;

public sealed class CustomResourceTests(HollowCluster hollow) : HollowTest(hollow)
{
    private const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: crontabs.GROUP
        spec:
          group: GROUP
          scope: Namespaced
          names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [SHORT]}
          versions:
          - name: v1
            served: true
            storage: true
            subresources:
              status: {}
              scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
            additionalPrinterColumns:
            - {name: Spec, type: string, jsonPath: .spec.cronSpec}
            - {name: Replicas, type: integer, jsonPath: .spec.replicas}
            - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
            schema:
              openAPIV3Schema:
                description: CronTab runs things by the clock.
                type: object
                properties:
                  spec:
                    type: object
                    required: [cronSpec]
                    properties:
                      cronSpec: {type: string, description: When it runs.}
                      replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
                  status: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """;

    // Names of kinds are the cluster's, which the tests share.
    private string Group => $"{UniqueName}.example.com";

    private string ShortName => $"ct{UniqueName}".Replace("-", "", StringComparison.Ordinal);

    [Fact]
    public async Task CustomResource_FromDefinitionToDeletion_WorksWithKubectl()
    {
        await DefineAsync();
        (await ApplyAsync(CronTab("a", "cronSpec: '5 * * * *'"))).Output.ShouldBe($"crontab.{Group}/a created\n");
        (await ApplyAsync(CronTab("a", "cronSpec: '5 * * * *'"))).Output.ShouldBe($"crontab.{Group}/a unchanged\n");
        (await RunAsync("get", ShortName)).Output.ShouldMatch(@"NAME\s+SPEC\s+REPLICAS\s+AGE\na\s+5 \* \* \* \*\s+1\s+\d+s");

        await RunAsync("patch", ShortName, "a", "--type", "merge", "-p", """{"spec":{"replicas":3}}""");
        await RunAsync("scale", $"crontabs.{Group}", "a", "--replicas=5");
        (await RunAsync("get", ShortName, "a", "-o", "jsonpath={.spec.replicas}/{.metadata.generation}")).Output.ShouldBe("5/3");
        (await RunAsync("explain", $"crontabs.{Group}.spec.cronSpec")).Output.ShouldContain("When it runs.");

        await Kubectl.RunAsync("delete", "crd", $"crontabs.{Group}", "--timeout=60s");
        (await TryAsync("get", $"crontabs.{Group}")).ExitCode.ShouldBe(1);
        await DefineAsync();
        (await RunAsync("get", ShortName, "-o", "name")).Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task CustomResource_AgainstItsSchema_IsRefused()
    {
        await DefineAsync();

        var unknown = await Kubectl.TryWithInputAsync(CronTab("a", "cronSpec: x, other: 1"), "create", "-n", UniqueName, "-f", "-");
        unknown.Errors.ShouldContain("strict decoding error: unknown field \"spec.other\"");

        var invalid = await Kubectl.TryWithInputAsync(CronTab("a", "replicas: 11"), "create", "-n", UniqueName, "-f", "-");
        invalid.Errors.ShouldContain("spec.cronSpec: Required value");
        invalid.Errors.ShouldContain("spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10");
    }

    private async Task DefineAsync()
    {
        var definition = Definition.Replace("GROUP", Group, StringComparison.Ordinal).Replace("SHORT", ShortName, StringComparison.Ordinal);
        await Kubectl.RunWithInputAsync(definition, "apply", "-f", "-");
        AtEnd(() => Kubectl.TryAsync("delete", "crd", $"crontabs.{Group}", "--wait=false"));
        await Kubectl.RunAsync("wait", "--for", "condition=established", $"crd/crontabs.{Group}", "--timeout=60s");
    }

    private string CronTab(string name, string spec) =>
        $$"""
        apiVersion: {{Group}}/v1
        kind: CronTab
        metadata: {name: {{name}}}
        spec: { {{spec}} }
        """;
}
