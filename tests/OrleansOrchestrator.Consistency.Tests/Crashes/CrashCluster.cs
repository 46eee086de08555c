using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>Three silos over one log in memory. Those on which a plan was stopped are killed, and others take their places.</summary>
internal sealed class CrashCluster : IAsyncDisposable
{
    private static readonly ControlPlaneOptions Options = new()
    {
        RootCertificatePem = "pem",
        // For one of the two nodes: the other one waits.
        NodeAddressing = new NodeAddressingOptions { ClusterCidr = "10.244.0.0/24" },
        Store = new StoreOptions { ReadLease = TimeSpan.FromMilliseconds(200), FollowWait = TimeSpan.FromMilliseconds(200) },
    };

    // Of controllers that die one after another each is missed for seconds, and on a busy machine for many.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly SiloGroup _group;
    private readonly IReadOnlyDictionary<ResourceName, long> _heads;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _killing;

    private CrashCluster(SiloGroup group, PlanCrashes crashes)
    {
        (_group, Crashes) = (group, crashes);
        _heads = group.Silos[0].ServiceProvider.GetServices<IReconciler>().Select(reconciler => reconciler.Primary).Distinct()
            .ToDictionary(resource => resource, resource => group.Log.HeadOf(resource.ToString()));
        _killing = KillAsync();
    }

    public PlanCrashes Crashes { get; }

    /// <summary>How many silos have been killed.</summary>
    public int Killed { get; private set; }

    /// <summary>The controllers that had something to do, by the sources of their events: of whose kind an object was written since the start.</summary>
    public IEnumerable<string> Controllers => _group.Silos[0].ServiceProvider.GetServices<IReconciler>()
        .Where(reconciler => _group.Log.HeadOf(reconciler.Primary.ToString()) > _heads[reconciler.Primary]).Select(reconciler => reconciler.EventSource).Distinct();

    public static async Task<CrashCluster> StartAsync()
    {
        var crashes = new PlanCrashes();
        return new CrashCluster(await SiloGroup.StartAsync(Options, (silo, services) => services.AddSingleton(crashes.On(silo))), crashes);
    }

    /// <summary>Every committed version of a resource's objects in order; a deletion has none.</summary>
    public async Task<IReadOnlyList<(ObjectKey Key, T? Object)>> HistoryAsync<T>(string @namespace)
        where T : class, KubeObject
    {
        var definition = ApiUser.Of<T>();
        var changes = await _group.Log.ReadChangesAsync(new(definition.Name.ToString()), 0, int.MaxValue, long.MaxValue, CancellationToken.None);
        return changes.Where(change => change.Namespace == @namespace).Select(change => (
            new ObjectKey(change.Namespace, change.Name),
            change.Type == Storage.Log.LogChangeType.Deleted ? null : (T?)definition.Decode(change.Value.Span))).ToList();
    }

    /// <summary>Asks any silo, and another one if that has died. Who is told to come back later does.</summary>
    public async Task<T> AskAsync<T>(Func<ApiUser, Task<T>> question)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var silos = _group.Silos;
            try
            {
                return await question(SiloGroup.ApiOf(silos[attempt % silos.Count]));
            }
            catch (Exception failure) when (IsPassing(failure) && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Makes a write, unless an attempt whose answer was lost has made it.</summary>
    public async Task DoAsync(Func<ApiUser, Task> write)
    {
        try
        {
            await AskAsync(async api =>
            {
                await write(api);
                return true;
            });
        }
        catch (ApiException done) when (done.Code is 404 or 409)
        {
        }
    }

    /// <summary>Creates an object.</summary>
    public Task CreateAsync<T>(T obj)
        where T : class, KubeObject => DoAsync(api => api.CreateAsync(ObjectCodec.Clone(obj)));

    /// <summary>Deletes an object.</summary>
    public Task DeleteAsync<T>(string @namespace, string name)
        where T : class, KubeObject => DoAsync(api => api.DeleteAsync<T>(@namespace, name));

    public Task PatchAsync<T>(string @namespace, string name, string patch, string subresource = "")
        where T : class, KubeObject =>
        DoAsync(api => api.PatchAsync<T>(@namespace, name, PatchType.MergePatch, patch, subresource));

    public Task<List<T>> ListAsync<T>(string @namespace)
        where T : class, KubeObject => AskAsync(api => api.ListAsync<T>(@namespace));

    /// <summary>Waits until an object is as wanted.</summary>
    public Task UntilAsync<T>(string @namespace, string name, Func<T, bool> condition, string what)
        where T : class, KubeObject =>
        UntilAsync($"{name}: {what}", async () => await AskAsync(api => api.FindAsync<T>(@namespace, name)) is { } obj && condition(obj));

    /// <summary>Waits until a condition holds.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> condition) => Eventually.HoldsAsync(condition, what, within: Patience);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _killing;
        _stopping.Dispose();
        await _group.DisposeAsync();
    }

    private static bool IsPassing(Exception failure) =>
        failure is not OperationCanceledException and not ApiException { Code: >= 400 and < 500 and not 429 };

    private async Task KillAsync()
    {
        try
        {
            await foreach (var name in Crashes.Dying.ReadAllAsync(_stopping.Token))
            {
                if (_group.Silos.FirstOrDefault(silo => silo.Name == name) is not { } dying)
                    continue;
                await _group.AddAsync();
                await _group.KillAsync(dying);
                Killed++;
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
