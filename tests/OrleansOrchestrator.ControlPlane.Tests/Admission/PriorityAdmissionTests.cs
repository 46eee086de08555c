using k8s.Models;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

public sealed class PriorityAdmissionTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Pod_OfAClass_HasItsPriorityAndPolicy()
    {
        await Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "high" }, Value = 7, PreemptionPolicy = "Never" });
        var pod = PodSamples.Pod("default", "p");
        pod.Spec.PriorityClassName = "high";
        (await Api.CreateAsync(pod)).Spec.Priority.ShouldBe(7);
        (await Api.GetAsync<V1Pod>("default", "p")).Spec.PreemptionPolicy.ShouldBe("Never");
    }

    [Fact]
    public async Task Pod_WithoutAClass_HasTheGlobalDefaultOrZero()
    {
        (await Api.CreateAsync(PodSamples.Pod("default", "before"))).Spec.Priority.ShouldBe(0);
        await Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "usual" }, Value = 5, GlobalDefault = true });
        await Api.UntilAsync<V1PriorityClass>("", classes => classes.Exists(found => found.Metadata.Name == "usual"));
        var pod = await Api.CreateAsync(PodSamples.Pod("default", "after"));
        (pod.Spec.Priority, pod.Spec.PriorityClassName, pod.Spec.PreemptionPolicy).ShouldBe((5, "usual", "PreemptLowerPriority"));

        (await RefusedAsync(() => Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "other" }, Value = 6, GlobalDefault = true })))
            .ShouldContain("PriorityClass usual is already marked as globalDefault. Only one default can be marked");
    }

    [Fact]
    public async Task Pod_ReplacedByItsManifest_KeepsWhatAdmissionAdded()
    {
        V1Pod Manifest()
        {
            var pod = PodSamples.Pod("default", "gated");
            pod.Spec.SchedulingGates = [new V1PodSchedulingGate { Name = "example.com/wait" }];
            pod.Spec.AutomountServiceAccountToken = false;
            return pod;
        }

        var created = await Api.CreateAsync(Manifest());
        var replacement = Manifest();
        replacement.Metadata.Labels = new Dictionary<string, string> { ["more"] = "yes" };

        var replaced = await Api.UpdateAsync(replacement);

        (replaced.Spec.Priority, replaced.Spec.PreemptionPolicy).ShouldBe((created.Spec.Priority, created.Spec.PreemptionPolicy));
        replaced.Spec.Tolerations.Count.ShouldBe(created.Spec.Tolerations.Count);
    }

    [Fact]
    public async Task Pod_OfAClassThatIsNotThere_IsRefused()
    {
        var pod = PodSamples.Pod("default", "p");
        pod.Spec.PriorityClassName = "none";
        (await RefusedAsync(() => Api.CreateAsync(pod))).ShouldBe("pods \"p\" is forbidden: no PriorityClass with name none was found");
    }

    [Fact]
    public async Task Pod_WithAPriorityOfItsOwn_IsRefused()
    {
        var pod = PodSamples.Pod("default", "p");
        pod.Spec.Priority = 5;
        (await RefusedAsync(() => Api.CreateAsync(pod))).ShouldContain(
            "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name");
    }

    private static async Task<string> RefusedAsync(Func<Task> write) => (await Should.ThrowAsync<ApiException>(write)).Message;
}
