using System.Text;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Volumes;

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

        var environment = new ServiceEnvironment(1024 * 1024, (_, why) => Assert.Fail(why));
        var all = environment.Build(services, "shop", enableLinks: true).ToDictionary();
        var few = environment.Build(services, "shop", enableLinks: false).ToDictionary();

        all["KUBERNETES_SERVICE_HOST"].ShouldBe("10.96.0.1");
        all["MY_WEB_SERVICE_HOST"].ShouldBe("10.96.0.7");
        all["MY_WEB_SERVICE_PORT"].ShouldBe("80");
        all["MY_WEB_SERVICE_PORT_ADMIN_UI"].ShouldBe("8080");
        all["MY_WEB_PORT"].ShouldBe("tcp://10.96.0.7:80");
        all["MY_WEB_PORT_8080_TCP_ADDR"].ShouldBe("10.96.0.7");
        all.Keys.ShouldNotContain(k => k.StartsWith("HIDDEN", StringComparison.Ordinal) || k.StartsWith("HEADLESS", StringComparison.Ordinal));
        few.Keys.ShouldAllBe(k => k.StartsWith("KUBERNETES_", StringComparison.Ordinal));
    }

    [Fact]
    public void ServiceEnvironment_ServiceOfVeryManyPorts_IsLeftOutAndTold()
    {
        V1Service[] services =
        [
            Service("default", "kubernetes", "10.96.0.1", ("https", 443)),
            Service("shop", "web", "10.96.0.7", ("http", 80)),
            Service("shop", "absurd", "10.96.0.8", [.. Enumerable.Range(1, 20_000).Select(port => ($"p{port}", port))]),
            Service("shop", "large", "10.96.0.9", [.. Enumerable.Range(1, 1_000).Select(port => ($"p{port}", port))]),
        ];
        var told = new List<string>();

        var variables = new ServiceEnvironment(1024 * 1024, (service, _) => told.Add(service.Metadata.Name)).Build(services, "shop", enableLinks: true).ToDictionary();

        told.ShouldBe(["absurd"]);
        variables["KUBERNETES_SERVICE_HOST"].ShouldBe("10.96.0.1");
        variables["WEB_SERVICE_HOST"].ShouldBe("10.96.0.7");
        variables["LARGE_PORT_1000_TCP_PORT"].ShouldBe("1000");
        variables.ShouldNotContainKey("ABSURD_SERVICE_HOST");
    }

    [Fact]
    public void ServiceEnvironment_VeryManyServices_LosesTheLargest()
    {
        V1Service[] services = [.. Enumerable.Range(0, 200).Select(i => Service("shop", $"s{i}", "10.96.0.7", [.. Enumerable.Range(1, 1 + (i % 10)).Select(port => ((string?)null, port))]))];
        var told = new List<int>();

        var variables = new ServiceEnvironment(64 * 1024, (service, _) => told.Add(service.Spec.Ports.Count)).Build(services, "shop", enableLinks: true).ToList();

        variables.Sum(variable => variable.Key.Length + variable.Value.Length + 1).ShouldBeInRange(60 * 1024, 64 * 1024);
        told.ShouldNotBeEmpty();
        told.ShouldBeInOrder(SortDirection.Descending);
    }

    [Fact]
    public async Task Build_ConfigMapThatIsMoreThanAProgramTakes_SaysWhich()
    {
        var source = new Source();
        source.Maps["settings"] = new V1ConfigMap { Data = new Dictionary<string, string> { ["a"] = "b", ["BIG"] = new('x', 1_000_000) } };
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].EnvFrom = [new V1EnvFromSource { ConfigMapRef = new V1ConfigMapEnvSource { Name = "settings" } }];

        (await Should.ThrowAsync<ConfigurationException>(() => BuildAsync(source, pod))).Message.ShouldStartWith("environment variable \"BIG\" has more than the ");
    }

    [Fact]
    public async Task Build_VariablesThatDoubleEachOther_AreRefusedBeforeTheyFillTheMemory()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "V0", Value = new string('x', 100) }];
        for (var i = 1; i < 60; i++)
            pod.Spec.Containers[0].Env.Add(new V1EnvVar { Name = $"V{i}", Value = $"$(V{i - 1})$(V{i - 1})" });

        (await Should.ThrowAsync<ConfigurationException>(() => BuildAsync(new Source(), pod))).Message.ShouldContain("that a program can be given");
    }

    [Fact]
    public async Task Build_VeryManyLongVariables_AreRefusedTogether()
    {
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "LONG", Value = new string('x', 100_000) }];
        for (var i = 0; i < 50_000; i++)
            pod.Spec.Containers[0].Env.Add(new V1EnvVar { Name = $"V{i}", Value = "$(LONG)" });

        (await Should.ThrowAsync<ConfigurationException>(() => BuildAsync(new Source(), pod))).Message.ShouldStartWith("environment and arguments have more than");
    }

    [Fact]
    public async Task Volumes_ThatShowOneConfigMapVeryOften_AreRefused()
    {
        var source = new Source();
        source.Maps["settings"] = new V1ConfigMap { Data = new Dictionary<string, string> { ["key"] = new('x', 1_000_000) } };
        var pod = TestPods.Shell("a", "");
        pod.Spec.Volumes = [new V1Volume
        {
            Name = "all",
            ConfigMap = new V1ConfigMapVolumeSource { Name = "settings", Items = [.. Enumerable.Range(0, 1_000).Select(i => new V1KeyToPath { Key = "key", Path = $"p{i}" })] },
        }];
        var directory = Directory.CreateTempSubdirectory("volumes-");
        try
        {
            var volumes = new VolumePreparer(new VolumeContent(source, new NoTokens(), new ResourceField(new Dictionary<string, ResourceQuantity>())), new ClaimVolumes(source, new LocalVolumeFolder("n", directory.FullName)), null, 1_000_000_000, new VolumeMemory(mayMount: false, 20_000_000), 20_000_000);
            (await Should.ThrowAsync<ConfigurationException>(() => volumes.PrepareAsync(pod, directory.FullName, prepared: null, TestContext.Current.CancellationToken)))
                .Message.ShouldContain("more than 20000000 bytes");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Task<IReadOnlyDictionary<string, string>> BuildAsync(IConfigurationSource source, V1Pod pod) =>
        new EnvironmentBuilder(
            source, new ResourceField(new Dictionary<string, ResourceQuantity> { ["memory"] = new("1Gi") }), new ServiceEnvironment(1024 * 1024, (_, _) => { }))
            .BuildAsync(pod, pod.Spec.Containers[0], [], new ProgramInput(), TestContext.Current.CancellationToken);

    private static V1EnvVar Field(string name, string path) =>
        new() { Name = name, ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = path } } };

    private static V1Service Service(string ns, string name, string ip, params (string? Name, int Port)[] ports) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name },
        Spec = new V1ServiceSpec { ClusterIP = ip, Ports = [.. ports.Select(p => new V1ServicePort { Name = p.Name, Port = p.Port })] },
    };

    private sealed class Source : IConfigurationSource, IClaimSource
    {
        public Dictionary<string, V1ConfigMap> Maps { get; } = [];

        public Dictionary<string, V1Secret> Secrets { get; } = [];

        public Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Maps.GetValueOrDefault(name));

        public Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken) => Task.FromResult<V1PersistentVolumeClaim?>(null);

        public Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) => Task.FromResult<V1PersistentVolume?>(null);

        public Task<V1Node?> GetNodeAsync(string name, CancellationToken cancellationToken) => Task.FromResult<V1Node?>(null);

        public Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Secrets.GetValueOrDefault(name));
    }
}
