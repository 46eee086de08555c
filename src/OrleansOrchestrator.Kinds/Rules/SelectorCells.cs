using k8s.Models;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>The table cells of kinds that have a label selector.</summary>
internal static class SelectorCells
{
    public static string Of(V1LabelSelector? selector)
    {
        try
        {
            return LabelSelector.From(selector ?? new V1LabelSelector()).ToString().Or("<none>");
        }
        catch (SelectorException)
        {
            return "<error>";
        }
    }
}
