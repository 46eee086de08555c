using System.Text;
using System.Text.Json;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>A plan as text, for comparing two of them by what they would do.</summary>
internal static class PlanText
{
    public static string Of(Plan plan) => $"{Of(plan.Actions)}requeue {plan.RequeueAfter}";

    public static string Of(IEnumerable<ObjectAction> actions)
    {
        var text = new StringBuilder();
        foreach (var action in actions)
            text.Append(action.GetType().Name).Append(' ').AppendLine(Of(action));
        return text.ToString();
    }

    private static string Of(ObjectAction action) => action switch
    {
        CreateObject create => Json(create.Object),
        UpdateObject update => Json(update.Object),
        UpdateStatus update => Json(update.Object),
        FinalizeNamespace finalize => Json(finalize.Object),
        DeleteObject delete => $"{delete.Resource} {delete.Key} {delete.Uid} {delete.GracePeriodSeconds} {delete.Propagation}",
        _ => throw new InvalidOperationException($"unknown action {action}"),
    };

    private static string Json(KubeObject obj) => JsonSerializer.Serialize(obj, obj.GetType(), ObjectCodec.Options);
}
