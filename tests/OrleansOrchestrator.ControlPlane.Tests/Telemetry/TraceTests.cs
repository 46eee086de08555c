using System.Diagnostics;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Telemetry;

/// <summary>A write's activities, from its cause to the database.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    // A kind of which no other test of this process traces a write: what listens hears the whole process.
    private const string Resource = "limitranges";

    private readonly Activities _activities = new();
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _activities.Dispose();
    }

    [Fact]
    public async Task Creation_OfATracedRequest_IsOneTraceDownToTheDatabase()
    {
        using var request = _activities.StartRequest("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        await Api.CreateAsync(Samples.MapModel("default", "a"));

        var database = await _activities.EndedAsync(activity => activity.TraceId == request.TraceId && activity.OperationName == "database commit");
        var commit = await _activities.EndedAsync(activity => activity.SpanId == database.ParentSpanId);
        var admit = await _activities.EndedAsync(activity => activity.TraceId == request.TraceId && activity.OperationName == "admit");
        request.TraceId.ToString().ShouldBe("0af7651916cd43dd8448eb211c80319c");
        (commit.OperationName, commit.ParentSpanId, commit.GetTagItem("resource")).ShouldBe(("commit", request.SpanId, "configmaps"));
        (admit.ParentSpanId, admit.GetTagItem("operation")).ShouldBe((request.SpanId, "Create"));
        admit.Events.Select(@event => @event.Name).ShouldBe(["defaulted", "mutated", "validated"]);
        commit.Status.ShouldBe(ActivityStatusCode.Unset);
    }

    [Fact]
    public async Task Creation_ThatIsRefused_EndsItsTraceAtTheStageThatRefusesIt()
    {
        using var request = _activities.StartRequest();

        await Should.ThrowAsync<Exception>(Api.CreateAsync(Samples.MapModel("default", "No Name")));

        var admit = await _activities.EndedAsync(activity => activity.ParentSpanId == request.SpanId);
        admit.Events.Select(@event => @event.Name).ShouldBe(["defaulted", "mutated"]);
    }

    [Fact]
    public async Task Commit_OfSeveralWrites_IsAChildOfTheFirstWithLinksToTheOthers()
    {
        var (first, second) = (Context(), Context());

        await _silo.StoreGrain(Resource).CommitAsync(
        [
            Samples.Create("untraced"),
            Samples.Create("a") with { Trace = first },
            Samples.Create("b") with { Trace = second },
            Samples.Create("c") with { Trace = second },
            Samples.Create("d") with { Trace = new TraceContext("of another version", null) },
        ]);

        var commit = await _activities.EndedAsync(activity => Resource.Equals(activity.GetTagItem("resource")) && activity.OperationName == "commit");
        commit.ParentId.ShouldBe(first.Parent);
        commit.TraceStateString.ShouldBe("vendor=1");
        commit.Links.Select(link => link.Context).ShouldBe([second.Context!.Value]);
        commit.GetTagItem("changes").ShouldBe(5);
    }

    [Fact]
    public async Task Commit_OfWritesThatNobodyTraces_IsNoActivity()
    {
        // What comes first may start the loop in which all others are committed, as a part of whatever it does itself.
        using (_activities.StartRequest())
            await _silo.StoreGrain(Resource).CommitAsync([Samples.Create("untraced")]);
        var traced = Context();
        await _silo.StoreGrain(Resource).CommitAsync([Samples.Create("traced") with { Trace = traced }]);

        await _activities.EndedAsync(activity => activity.ParentId == traced.Parent);
        _activities.Ended.Count(activity => Resource.Equals(activity.GetTagItem("resource"))).ShouldBe(1);
    }

    [Fact]
    public async Task Scheduling_OfAPod_BeginsATraceThatHasItsBinding()
    {
        var name = $"p{Guid.NewGuid():N}";
        using (_activities.StartRequest())
        {
            await Api.CreateAsync(PodSamples.Node("n1"));
            await Api.CreateAsync(PodSamples.Pod("default", name));
        }

        // The scheduler may hear of the pod before it hears of the node; that attempt fails, and has told so.
        var attempt = await _activities.EndedAsync(activity =>
            activity.OperationName == "schedule" && name.Equals(activity.GetTagItem("pod")) && "n1".Equals(activity.GetTagItem("node")));
        attempt.ParentId.ShouldBeNull();
        var admit = await _activities.EndedAsync(activity => activity.ParentSpanId == attempt.SpanId && activity.OperationName == "admit");
        admit.GetTagItem("subresource").ShouldBe("binding");
        var commit = await _activities.EndedAsync(activity => activity.ParentSpanId == attempt.SpanId && activity.OperationName == "commit");
        commit.GetTagItem("resource").ShouldBe("pods");
    }

    [Fact]
    public async Task Scheduling_OfAPodThatFitsNowhere_HasTheReportInItsTrace()
    {
        var name = $"p{Guid.NewGuid():N}";
        await Api.CreateAsync(PodSamples.Pod("default", name));

        var report = await _activities.EndedAsync(activity => activity.OperationName == "report"
            && _activities.Ended.Any(attempt => attempt.SpanId == activity.ParentSpanId && name.Equals(attempt.GetTagItem("pod"))));
        await _activities.EndedAsync(activity => activity.ParentSpanId == report.SpanId && activity.OperationName == "commit");
    }

    [Fact]
    public async Task Work_OnAKey_IsATraceOfItsOwn()
    {
        var name = $"controller-{Guid.NewGuid():N}";
        var pool = new WorkerPool<string>(name, static _ => "", new ControllerOptions(), TimeProvider.System, NullLogger.Instance);
        using var stopping = new CancellationTokenSource();
        var seen = new TaskCompletionSource<Activity?>();
        using var request = _activities.StartRequest();

        pool.Add("default/a");
        var running = pool.RunAsync(WorkAsync, static (_, _) => { }, stopping.Token);
        var work = await _activities.EndedAsync(activity => name.Equals(activity.GetTagItem("controller")));
        await stopping.CancelAsync();
        await running;

        (work.OperationName, work.ParentId, work.GetTagItem("key")).ShouldBe(("reconcile", null, "default/a"));
        work.Status.ShouldBe(ActivityStatusCode.Error);
        (await seen.Task).ShouldBe(work);

        async Task<WorkOutcome> WorkAsync(string key)
        {
            await Task.Yield();
            seen.TrySetResult(Activity.Current);
            return new WorkOutcome(Succeeded: false, null);
        }
    }

    private static TraceContext Context() =>
        new($"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01", "vendor=1");
}
