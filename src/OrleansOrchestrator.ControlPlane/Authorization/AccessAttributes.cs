using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Authorization;

/// <summary>The action that somebody asks for, on a resource or on another path of the API.</summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/authorization/authorizer.Attributes.</remarks>
public record AccessAttributes
{
    /// <summary>The path of the request; empty where there is none.</summary>
    public string Path { get; init; } = "";

    /// <summary>The verb: one of <see cref="Verbs"/> for a resource, the method in lower case for any other path.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the action is on a resource rather than on another path such as <c>/version</c>.</summary>
    public bool IsResource { get; init; }

    /// <summary>The API group; empty for core.</summary>
    public string Group { get; init; } = "";

    /// <summary>The version, as in <c>v1</c>.</summary>
    public string Version { get; init; } = "";

    /// <summary>The namespace; empty for cluster scope and for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The resource's plural.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The object's name; empty for a collection.</summary>
    public string Name { get; init; } = "";

    /// <summary>The field selector of a list or watch as text; empty if there is none.</summary>
    public string FieldSelector { get; init; } = "";

    /// <summary>The label selector of a list or watch as text; empty if there is none.</summary>
    public string LabelSelector { get; init; } = "";

    /// <summary>The only object that the action is on: the named one, or the one to which a field selector limits a list or watch. Empty
    /// for all others.</summary>
    public string SelectedName => Name.Length > 0 ? Name : RequiredField("metadata.name") ?? "";

    /// <summary>The value that a list or watch requires a field to have; null if it requires none.</summary>
    public string? RequiredField(string field)
    {
        if (FieldSelector.Length == 0)
            return null;
        try
        {
            return Model.Selectors.FieldSelector.Parse(FieldSelector).RequiredValue(field);
        }
        catch (SelectorException)
        {
            // The request is refused for it afterwards.
            return null;
        }
    }

    /// <summary>The value that a list or watch requires a label to have; null if it requires none.</summary>
    public string? RequiredLabel(string key)
    {
        if (LabelSelector.Length == 0)
            return null;
        try
        {
            return Model.Selectors.LabelSelector.Parse(LabelSelector).Requirements
                .FirstOrDefault(requirement => requirement.NamesValues && requirement.Key == key && requirement.Values.Count == 1)?.Values[0];
        }
        catch (SelectorException)
        {
            return null;
        }
    }

    /// <summary>Whether the action changes nothing.</summary>
    public bool IsReadOnly => Verb is Verbs.Get or Verbs.List or Verbs.Watch or "head" or "options";
}
