using System.Text.Json;
using System.Text;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>A plan as text, for comparing two of them by what they would write.</summary>
internal sealed class PlanText : IObjectWriter
{
    private readonly StringBuilder _text = new();

    public static string Of(Plan plan)
    {
        var conclusion = plan.Conclude?.Invoke([]);
        return $"{Of(conclusion is null ? plan.Actions : [.. plan.Actions, conclusion])}requeue {plan.RequeueAfter}";
    }

    public static string Of(IEnumerable<ObjectAction> actions)
    {
        var written = new PlanText();
        foreach (var action in actions)
        {
            written._text.Append(action).Append(' ');
            action.ApplyAsync(written).IsCompletedSuccessfully.ShouldBeTrue();
        }

        return written._text.ToString();
    }

    public Task<WrittenObject> CreateAsync(ResourceName resource, KubeObject obj) => Write(obj.Key, Json(obj));

    public Task<WrittenObject> UpdateAsync(ResourceName resource, string subresource, KubeObject obj) => Write(obj.Key, Json(obj));

    public Task<WrittenObject> PatchAsync(ResourceName resource, ObjectKey key, string subresource, PatchFormat format, ReadOnlyMemory<byte> patch) =>
        Write(key, $"{format} {Encoding.UTF8.GetString(patch.Span)}");

    public async Task<WrittenObject?> DeleteAsync(DeleteObject deletion) =>
        await Write(deletion.Key, $"{deletion.Uid} {deletion.ResourceVersion} {deletion.GracePeriodSeconds} {deletion.Propagation}");

    public Task<WrittenObject> BindAsync(ObjectKey pod, string uid, string nodeName) => Write(pod, $"{uid} {nodeName}");

    public async Task<WrittenObject?> EvictAsync(ObjectKey pod, string uid, long? gracePeriodSeconds) => await Write(pod, $"{uid} {gracePeriodSeconds}");

    public Task<WrittenObject> ScaleAsync(ScaleObject scaling) => Write(scaling.Key, $"{scaling.Uid} {scaling.ResourceVersion} {scaling.Replicas}");

    private static string Json(KubeObject obj) => JsonSerializer.Serialize(obj, obj.GetType(), ObjectCodec.Options);

    private Task<WrittenObject> Write(ObjectKey key, string what)
    {
        _text.AppendLine(what);
        return Task.FromResult(new WrittenObject(key, null));
    }
}
