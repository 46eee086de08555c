using System.Text;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

public sealed class EnvironmentTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "one")]
    [InlineData("x$(A)y$(B)z", "xoneytwoz")]
    [InlineData("$(MISSING)", "$(MISSING)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$one")]
    [InlineData("$A", "$A")]
    [InlineData("$(A", "$(A")]
    [InlineData("end$", "end$")]
    [InlineData("$()", "$()")]
    public void Expand_Text_FollowsTheKubernetesRules(string text, string expected) =>
        VariableExpansion.Expand(text, new Dictionary<string, string> { ["A"] = "one", ["B"] = "two" }).ShouldBe(expected);

    [Fact]
    public void Expand_EveryDollarDoubled_IsTheIdentity() =>
        Gen.String[Gen.Char["$()Aab"], 0, 12].Sample(text =>
            VariableExpansion.Expand(text.Replace("$", "$$", StringComparison.Ordinal), new Dictionary<string, string> { ["A"] = "x" }).ShouldBe(text));

    [Fact]
    public async Task Build_AllSources_ResolveInOrder()
    {
        var source = new Source();
        source.Maps["settings"] = new V1ConfigMap { Data = new Dictionary<string, string> { ["key"] = "from map", ["over"] = "map" } };
        source.Secrets["keys"] = new V1Secret { Data = new Dictionary<string, byte[]> { ["token"] = Encoding.UTF8.GetBytes("hidden") } };
        var pod = TestPods.Shell("a", "");
        pod.Metadata.Labels = new Dictionary<string, string> { ["app"] = "web" };
        pod.Status.PodIP = "10.0.0.9";
        var container = pod.Spec.Containers[0];
        container.Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1500m") } };
        container.EnvFrom = [new V1EnvFromSource { Prefix = "P_", ConfigMapRef = new V1ConfigMapEnvSource { Name = "settings" } }];
        container.Env =
        [
            new V1EnvVar { Name = "P_over", Value = "own" },
            Field("IP", "status.podIP"),
            Field("APP", "metadata.labels['app']"),
            Field("NONE", "metadata.annotations['none']"),
            new V1EnvVar { Name = "URL", Value = "http://$(IP)/$(APP)/$(LATER)" },
            new V1EnvVar { Name = "LATER", Value = "x" },
            new V1EnvVar { Name = "TOKEN", ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "keys", Key = "token" } } },
            new V1EnvVar { Name = "SKIPPED", ValueFrom = new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "gone", Key = "k", Optional = true } } },
            new V1EnvVar { Name = "CPU", ValueFrom = new V1EnvVarSource { ResourceFieldRef = new V1ResourceFieldSelector { Resource = "limits.cpu" } } },
            new V1EnvVar { Name = "MEMORY", ValueFrom = new V1EnvVarSource { ResourceFieldRef = new V1ResourceFieldSelector { Resource = "limits.memory", Divisor = new("1Mi") } } },
        ];

        var result = await BuildAsync(source, pod);

        result["P_key"].ShouldBe("from map");
        result["P_over"].ShouldBe("own");
        result["URL"].ShouldBe("http://10.0.0.9/web/$(LATER)");
        result["NONE"].ShouldBe("");
        result["TOKEN"].ShouldBe("hidden");
        result.ShouldNotContainKey("SKIPPED");
        result["CPU"].ShouldBe("2");
        result["MEMORY"].ShouldBe("1024");
    }

    [Fact]
    public async Task Build_SomethingMissing_SaysItInTheKubeletsWords()
    {
        var source = new Source();
        source.Maps["settings"] = new V1ConfigMap();
        await ShouldFailAsync(new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "gone", Key = "k" } }, "configmap \"gone\" not found");
        await ShouldFailAsync(new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "settings", Key = "k" } }, "couldn't find key k in ConfigMap default/settings");
        await ShouldFailAsync(new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "gone", Key = "k" } }, "secret \"gone\" not found");

        async Task ShouldFailAsync(V1EnvVarSource from, string message)
        {
            var pod = TestPods.Shell("a", "");
            pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "X", ValueFrom = from }];
            (await Should.ThrowAsync<ConfigurationException>(() => BuildAsync(source, pod))).Message.ShouldBe(message);
        }
    }

    [Fact]
    public void ServiceEnvironment_OwnAndApiServices_GiveHostPortAndLinkVariables()
    {
        V1Service[] services =
        [
            Service("default", "kubernetes", "10.96.0.1", ("https", 443)),
            Service("shop", "my-web", "10.96.0.7", ("http", 80), ("admin-ui", 8080)),
            Service("other", "hidden", "10.96.0.8", (null, 1)),
            Service("shop", "headless", "None", (null, 1)),
        ];

        var all = ServiceEnvironment.Build(services, "shop", enableLinks: true).ToDictionary();
        var few = ServiceEnvironment.Build(services, "shop", enableLinks: false).ToDictionary();

        all["KUBERNETES_SERVICE_HOST"].ShouldBe("10.96.0.1");
        all["MY_WEB_SERVICE_HOST"].ShouldBe("10.96.0.7");
        all["MY_WEB_SERVICE_PORT"].ShouldBe("80");
        all["MY_WEB_SERVICE_PORT_ADMIN_UI"].ShouldBe("8080");
        all["MY_WEB_PORT"].ShouldBe("tcp://10.96.0.7:80");
        all["MY_WEB_PORT_8080_TCP_ADDR"].ShouldBe("10.96.0.7");
        all.Keys.ShouldNotContain(k => k.StartsWith("HIDDEN", StringComparison.Ordinal) || k.StartsWith("HEADLESS", StringComparison.Ordinal));
        few.Keys.ShouldAllBe(k => k.StartsWith("KUBERNETES_", StringComparison.Ordinal));
    }

    private static Task<IReadOnlyDictionary<string, string>> BuildAsync(IConfigurationSource source, V1Pod pod) =>
        new EnvironmentBuilder(source, new ResourceField(new Dictionary<string, ResourceQuantity> { ["memory"] = new("1Gi") }))
            .BuildAsync(pod, pod.Spec.Containers[0], [], TestContext.Current.CancellationToken);

    private static V1EnvVar Field(string name, string path) =>
        new() { Name = name, ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = path } } };

    private static V1Service Service(string ns, string name, string ip, params (string? Name, int Port)[] ports) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name },
        Spec = new V1ServiceSpec { ClusterIP = ip, Ports = [.. ports.Select(p => new V1ServicePort { Name = p.Name, Port = p.Port })] },
    };

    private sealed class Source : IConfigurationSource
    {
        public Dictionary<string, V1ConfigMap> Maps { get; } = [];

        public Dictionary<string, V1Secret> Secrets { get; } = [];

        public Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Maps.GetValueOrDefault(name));

        public Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Secrets.GetValueOrDefault(name));
    }
}
