using k8s.Models;
using OrleansOrchestrator.Scheduling.Configuration;

namespace OrleansOrchestrator.Scheduling.Plugins;

/// <summary>Parses a node affinity in a plugin's arguments.</summary>
internal static class AddedNodeAffinity
{
    private static readonly string[] Operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

    public static V1NodeAffinity Read(ConfigurationReader affinity)
    {
        V1NodeSelector? required = null;
        if (affinity.Has("requiredDuringSchedulingIgnoredDuringExecution"))
        {
            var selector = affinity.Object("requiredDuringSchedulingIgnoredDuringExecution");
            required = new V1NodeSelector { NodeSelectorTerms = [.. selector.List("nodeSelectorTerms", ReadTerm, [])] };
            selector.RefuseOthers();
        }

        return new V1NodeAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = required,
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                .. affinity.List("preferredDuringSchedulingIgnoredDuringExecution", ReadPreference, []),
            ],
        };
    }

    private static V1PreferredSchedulingTerm ReadPreference(ConfigurationReader preferred)
    {
        var term = preferred.Object("preference");
        var preference = new V1PreferredSchedulingTerm { Weight = preferred.Number("weight", 1, 1, 100), Preference = ReadTerm(term) };
        term.RefuseOthers();
        return preference;
    }

    private static V1NodeSelectorTerm ReadTerm(ConfigurationReader term) => new()
    {
        MatchExpressions = [.. term.List("matchExpressions", ReadRequirement, [])],
        MatchFields = [.. term.List("matchFields", ReadRequirement, [])],
    };

    private static V1NodeSelectorRequirement ReadRequirement(ConfigurationReader requirement) => new()
    {
        Key = requirement.Text("key", ""),
        OperatorProperty = requirement.Word("operator", "In", Operators),
        Values = [.. requirement.Texts("values")],
    };
}
