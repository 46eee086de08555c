using k8s.Models;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Controllers;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>Admission judges by what has been acknowledged, also at a silo whose cache is behind, as that of one that has just started is.</summary>
public sealed class AdmissionReaderTests
{
    [Fact]
    public async Task Claim_CreatedWhileTheCacheOfClassesIsBehind_GetsTheDefaultClass()
    {
        await using var silo = await LateSilo.StartAsync("storageclasses");
        await silo.BehindAsync(new V1StorageClass
        {
            Metadata = new V1ObjectMeta { Name = "usual", Annotations = new Dictionary<string, string> { ["storageclass.kubernetes.io/is-default-class"] = "true" } },
            Provisioner = "example.com/disks",
        });

        (await silo.WhenAskedAsync(silo.Api.CreateAsync(Claim()))).Spec.StorageClassName.ShouldBe("usual");
    }

    [Fact]
    public async Task Claim_ThatGrowsWhileTheCacheOfClassesIsBehind_MayGrow()
    {
        await using var silo = await LateSilo.StartAsync("storageclasses");
        await silo.Api.CreateAsync(new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk" },
            Spec = new V1PersistentVolumeSpec
            {
                AccessModes = ["ReadWriteOnce"],
                Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") },
                StorageClassName = "grows",
                Csi = new V1CSIPersistentVolumeSource { Driver = "example.com", VolumeHandle = "disk" },
            },
        });
        var claim = Claim();
        claim.Spec.StorageClassName = "grows";
        await silo.Api.CreateAsync(claim);
        await silo.Api.UntilAsync<V1PersistentVolumeClaim>("default", all => all is [{ Status.Phase: "Bound" }]);
        await silo.BehindAsync(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "grows" }, Provisioner = "example.com/disks", AllowVolumeExpansion = true });

        var grown = silo.Api.PatchAsync<V1PersistentVolumeClaim>("default", "data", PatchType.MergePatch, """{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}""");

        (await silo.WhenAskedAsync(grown)).Spec.Resources.Requests["storage"].ToString().ShouldBe("2Gi");
    }

    [Fact]
    public async Task Pod_CreatedWhileTheCacheOfPriorityClassesIsBehind_HasTheGlobalDefault()
    {
        await using var silo = await LateSilo.StartAsync("priorityclasses");
        await silo.BehindAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "usual" }, Value = 5, GlobalDefault = true });

        (await silo.WhenAskedAsync(silo.Api.CreateAsync(PodSamples.Pod("default", "p")))).Spec.Priority.ShouldBe(5);
    }

    [Fact]
    public async Task PriorityClass_SecondDefaultWhileTheCacheIsBehind_IsRefused()
    {
        await using var silo = await LateSilo.StartAsync("priorityclasses");
        await silo.BehindAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "usual" }, Value = 5, GlobalDefault = true });

        var second = silo.Api.CreateAsync(new V1PriorityClass { Metadata = new V1ObjectMeta { Name = "other" }, Value = 6, GlobalDefault = true });

        (await Should.ThrowAsync<ApiException>(silo.WhenAskedAsync(second))).Message.ShouldContain("already marked as globalDefault");
    }

    [Fact]
    public void Plugins_OfTheProduct_ReadNoCacheByThemselves() => typeof(IAdmissionPlugin).Assembly.GetTypes()
        .Where(type => type.IsAssignableTo(typeof(IAdmissionPlugin)) && type.IsClass)
        .Where(type => type.GetConstructors().Any(made => made.GetParameters().Any(parameter => parameter.ParameterType == typeof(WatchCaches))))
        .ShouldBeEmpty();

    private static V1PersistentVolumeClaim Claim() => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "data" },
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") } },
        },
    };

    /// <summary>A silo, one of whose caches falls behind.</summary>
    private sealed class LateSilo : IAsyncDisposable
    {
        private readonly TestSilo _silo;
        private readonly LaggingReader _reader;
        private int _headsBefore;

        private LateSilo(TestSilo silo, LaggingReader reader) => (_silo, _reader) = (silo, reader);

        public ApiUser Api => _silo.Api;

        public static async Task<LateSilo> StartAsync(string resource)
        {
            LaggingReader reader = null!;
            var silo = await TestSilo.StartAsync(new ScriptedLog(), reader: store => reader = new LaggingReader(store, resource));
            return new LateSilo(silo, reader);
        }

        /// <summary>Creates an object that the cache does not get to know before it is asked for.</summary>
        public async Task BehindAsync<T>(T obj)
            where T : class, KubeObject
        {
            _reader.Hold();
            await Api.CreateAsync(obj);
            _headsBefore = _reader.Heads;
        }

        /// <summary>Lets the cache catch up once a request waits for it, or is answered without.</summary>
        public async Task<T> WhenAskedAsync<T>(Task<T> request)
        {
            await Eventually.HoldsAsync(() => Task.FromResult(request.IsCompleted || _reader.Heads > _headsBefore + 1));
            _reader.GoOn();
            return await request;
        }

        public ValueTask DisposeAsync() => _silo.DisposeAsync();
    }
}
