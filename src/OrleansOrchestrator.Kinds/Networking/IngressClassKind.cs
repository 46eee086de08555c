using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>Says which controller serves the ingresses of a class.</summary>
internal sealed class IngressClassKind : ResourceDefinition<V1IngressClass>
{
    private const int ControllerBytesMax = 250;

    private static readonly string[] Scopes = ["Cluster", "Namespace"];

    public override string Group => "networking.k8s.io";

    public override string Kind => "IngressClass";

    public override string Plural => "ingressclasses";

    public override bool Namespaced => false;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1IngressClass>> TypedColumns =>
    [
        TableColumn<V1IngressClass>.Name,
        TableColumn<V1IngressClass>.Of("Controller", one => one.Spec?.Controller ?? ""),
        TableColumn<V1IngressClass>.Of("Parameters", ParametersOf),
        TableColumn<V1IngressClass>.Age,
    ];

    protected override void ApplyDefaults(V1IngressClass obj)
    {
        if (obj.Spec?.Parameters is { Scope: null } parameters)
            parameters.Scope = "Cluster";
    }

    protected override void Validate(V1IngressClass obj, FieldErrors errors)
    {
        var controller = obj.Spec?.Controller;
        if (controller?.Length > ControllerBytesMax)
            errors.TooLong(FieldPath.Spec.Child("controller"), ControllerBytesMax);
        DomainRules.ValidatePrefixedPath(controller, FieldPath.Spec.Child("controller"), errors);
        if (obj.Spec?.Parameters is { } parameters)
            ValidateParameters(parameters, FieldPath.Spec.Child("parameters"), errors);
    }

    protected override void ValidateUpdate(V1IngressClass updated, V1IngressClass current, FieldErrors errors)
    {
        if (updated.Spec?.Controller != current.Spec?.Controller)
            errors.Invalid(FieldPath.Spec.Child("controller"), updated.Spec?.Controller ?? "", "field is immutable");
        Validate(updated, errors);
    }

    private static void ValidateParameters(V1IngressClassParametersReference parameters, FieldPath path, FieldErrors errors)
    {
        ReferenceRules.ValidateGroup(parameters.ApiGroup, path.Child("apiGroup"), errors);
        ReferenceRules.ValidateSegment(parameters.Kind, path.Child("kind"), errors);
        ReferenceRules.ValidateSegment(parameters.Name, path.Child("name"), errors);
        ChoiceRules.ValidateRequired(parameters.Scope, Scopes, path.Child("scope"), errors);
        switch (parameters)
        {
            case { Scope: "Namespace", NamespaceProperty: null }:
                errors.Required(path.Child("namespace"), "`parameters.scope` is set to 'Namespace'");
                break;
            case { Scope: "Namespace" }:
                errors.Invalid(path.Child("namespace"), parameters.NamespaceProperty, NameRules.IsDns1123Label(parameters.NamespaceProperty));
                break;
            case { Scope: "Cluster", NamespaceProperty: not null }:
                errors.Forbidden(path.Child("namespace"), "`parameters.scope` is set to 'Cluster'");
                break;
        }
    }

    private static string ParametersOf(V1IngressClass one)
    {
        if (one.Spec?.Parameters is not { } parameters)
            return "<none>";
        var group = parameters.ApiGroup is null ? "" : "." + parameters.ApiGroup;
        return $"{parameters.Kind}{group}/{parameters.Name}";
    }
}
