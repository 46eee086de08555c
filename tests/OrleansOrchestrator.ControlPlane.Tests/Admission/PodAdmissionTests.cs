using k8s.Models;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>What new pods get from their service account and their runtime class.</summary>
public sealed class PodAdmissionTests : IAsyncLifetime
{
    private const string TokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Pod_OfAnAccount_GetsAVolumeWithATokenInEveryContainer()
    {
        var given = PodSamples.Pod("default", "p");
        given.Spec.InitContainers = [new V1Container { Name = "init", Image = "i" }];
        given.Spec.Containers.Add(new V1Container { Name = "own", Image = "i", VolumeMounts = [new V1VolumeMount { Name = "mine", MountPath = TokenPath }] });
        given.Spec.Volumes = [new V1Volume { Name = "mine", EmptyDir = new V1EmptyDirVolumeSource() }];

        var pod = await Api.CreateAsync(given);

        var volume = pod.Spec.Volumes.Single(one => one.Name.StartsWith("kube-api-access-", StringComparison.Ordinal));
        volume.Projected.Sources[0].ServiceAccountToken.Path.ShouldBe("token");
        volume.Projected.Sources[1].ConfigMap.Name.ShouldBe("kube-root-ca.crt");
        volume.Projected.Sources[2].DownwardAPI.Items[0].Path.ShouldBe("namespace");
        foreach (var container in pod.Spec.InitContainers.Append(pod.Spec.Containers[0]))
            container.VolumeMounts.ShouldContain(mount => mount.Name == volume.Name && mount.MountPath == TokenPath && mount.ReadOnlyProperty == true);
        pod.Spec.Containers[1].VolumeMounts.ShouldHaveSingleItem().Name.ShouldBe("mine");
    }

    [Fact]
    public async Task Mirror_OfAStaticPod_StaysAsItIs()
    {
        var given = Mirror("p");

        var pod = await Api.CreateAsync(given);

        (pod.Spec.ServiceAccountName, pod.Spec.ServiceAccount, pod.Spec.Volumes, pod.Spec.Containers[0].VolumeMounts).ShouldBe((null, null, null, null));
    }

    [Theory]
    [InlineData("account", "a mirror pod may not reference service accounts")]
    [InlineData("pull", "a mirror pod may not reference secrets")]
    [InlineData("volume", "a mirror pod may not reference secrets")]
    [InlineData("token", "a mirror pod may not use ServiceAccountToken volume projections")]
    public async Task Mirror_ThatRefersToTheApi_IsRefused(string what, string why)
    {
        var pod = Mirror("p");
        switch (what)
        {
            case "account":
                pod.Spec.ServiceAccountName = "default";
                break;
            case "pull":
                pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = "s" }];
                break;
            case "volume":
                pod.Spec.Volumes = [new V1Volume { Name = "v", Secret = new V1SecretVolumeSource { SecretName = "s" } }];
                break;
            default:
                var token = new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { Path = "t" } };
                pod.Spec.Volumes = [new V1Volume { Name = "v", Projected = new V1ProjectedVolumeSource { Sources = [token] } }];
                break;
        }

        (await Should.ThrowAsync<ApiException>(() => Api.CreateAsync(pod))).Message.ShouldBe($"pods \"p\" is forbidden: {why}");
    }

    private static V1Pod Mirror(string name)
    {
        var pod = PodSamples.Pod("default", name);
        pod.Metadata.Annotations = new Dictionary<string, string> { ["kubernetes.io/config.mirror"] = "hash" };
        pod.Spec.NodeName = "n";
        return pod;
    }

    [Theory]
    [InlineData(null, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, false)]
    [InlineData(false, null, false)]
    [InlineData(null, null, true)]
    public async Task Token_OptedOut_IsNotMounted(bool? byPod, bool? byAccount, bool isMounted)
    {
        await Api.CreateAsync(new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = "default" }, AutomountServiceAccountToken = byAccount });
        var pod = PodSamples.Pod("default", "p");
        (pod.Spec.ServiceAccountName, pod.Spec.AutomountServiceAccountToken) = ("web", byPod);

        (((await Api.CreateAsync(pod)).Spec.Volumes?.Count ?? 0) > 0).ShouldBe(isMounted);
    }

    [Fact]
    public async Task Pod_OfAnAccountWithSecretsForRegistries_HasThemUnlessItHasItsOwn()
    {
        await Api.CreateAsync(new V1ServiceAccount
        {
            Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = "default" },
            ImagePullSecrets = [new V1LocalObjectReference { Name = "registry" }],
        });
        var plain = PodSamples.Pod("default", "plain");
        plain.Spec.ServiceAccountName = "web";
        var own = PodSamples.Pod("default", "own");
        (own.Spec.ServiceAccountName, own.Spec.ImagePullSecrets) = ("web", [new V1LocalObjectReference { Name = "mine" }]);

        (await Api.CreateAsync(plain)).Spec.ImagePullSecrets.Single().Name.ShouldBe("registry");
        (await Api.CreateAsync(own)).Spec.ImagePullSecrets.Single().Name.ShouldBe("mine");
    }

    [Fact]
    public async Task Pod_OfAnAccountThatIsNotThere_IsRefused()
    {
        var pod = PodSamples.Pod("default", "p");
        pod.Spec.ServiceAccountName = "none";

        (await RefusedAsync(pod)).ShouldBe("pods \"p\" is forbidden: error looking up service account default/none: serviceaccount \"none\" not found");
    }

    [Fact]
    public async Task Pod_OfARuntimeClass_GetsItsOverheadAndItsNodes()
    {
        await Api.CreateAsync(new V1RuntimeClass
        {
            Metadata = new V1ObjectMeta { Name = "sandboxed" },
            Handler = "runsc",
            Overhead = new V1Overhead { PodFixed = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("250m") } },
            Scheduling = new V1Scheduling
            {
                NodeSelector = new Dictionary<string, string> { ["runtime"] = "gvisor" },
                Tolerations = [new V1Toleration { Key = "gvisor", OperatorProperty = "Exists" }],
            },
        });
        var pod = await Api.CreateAsync(Of("sandboxed", "p"));
        pod.Spec.Overhead["cpu"].ToString().ShouldBe("250m");
        pod.Spec.NodeSelector["runtime"].ShouldBe("gvisor");
        pod.Spec.Tolerations.ShouldContain(toleration => toleration.Key == "gvisor");

        var other = Of("sandboxed", "other");
        other.Spec.NodeSelector = new Dictionary<string, string> { ["runtime"] = "runc" };
        (await RefusedAsync(other)).ShouldContain("conflict: runtimeClass.scheduling.nodeSelector[runtime] = gvisor; pod.spec.nodeSelector[runtime] = runc");
        var wrong = Of("sandboxed", "wrong");
        wrong.Spec.Overhead = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1") };
        (await RefusedAsync(wrong)).ShouldContain("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        wrong.Spec.RuntimeClassName = null;
        (await RefusedAsync(wrong)).ShouldContain("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        (await RefusedAsync(Of("none", "none"))).ShouldContain("pod rejected: RuntimeClass \"none\" not found");
    }

    private static V1Pod Of(string runtimeClass, string name)
    {
        var pod = PodSamples.Pod("default", name);
        pod.Spec.RuntimeClassName = runtimeClass;
        return pod;
    }

    private async Task<string> RefusedAsync(V1Pod pod) => (await Should.ThrowAsync<ApiException>(() => Api.CreateAsync(pod))).Message;
}
