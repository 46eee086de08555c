using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>Assigns requests to a priority level.</summary>
internal sealed class FlowSchemaKind : ResourceDefinition<V1FlowSchema>
{
    private const int PrecedenceDefault = 1000;
    private const int PrecedenceMax = 10_000;
    private const string Exempt = "exempt";

    private static readonly string[] Distinguishers = ["ByNamespace", "ByUser"];

    public override string Group => "flowcontrol.apiserver.k8s.io";

    public override string Kind => "FlowSchema";

    public override string Plural => "flowschemas";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1FlowSchema>> TypedColumns =>
    [
        TableColumn<V1FlowSchema>.Name,
        TableColumn<V1FlowSchema>.Of("PriorityLevel", one => one.Spec?.PriorityLevelConfiguration?.Name ?? ""),
        TableColumn<V1FlowSchema>.Of("MatchingPrecedence", one => one.Spec?.MatchingPrecedence ?? 0, "number"),
        TableColumn<V1FlowSchema>.Of("DistinguisherMethod", one => one.Spec?.DistinguisherMethod?.Type ?? "<none>"),
        TableColumn<V1FlowSchema>.Age,
        TableColumn<V1FlowSchema>.Of("MissingPL", IsDangling),
    ];

    protected override void ApplyDefaults(V1FlowSchema obj)
    {
        if (obj.Spec is { } spec)
            spec.MatchingPrecedence = spec.MatchingPrecedence.Or(PrecedenceDefault);
    }

    protected override void Validate(V1FlowSchema obj, FieldErrors errors)
    {
        var spec = obj.Spec ?? new V1FlowSchemaSpec();
        ValidatePrecedence(obj.Metadata?.Name, spec.MatchingPrecedence ?? 0, FieldPath.Spec.Child("matchingPrecedence"), errors);
        if (spec.DistinguisherMethod is { } method && !Distinguishers.Contains(method.Type ?? ""))
            errors.NotSupported(FieldPath.Spec.Child("distinguisherMethod").Child("type"), method.Type ?? "", Distinguishers);
        var level = FieldPath.Spec.Child("priorityLevelConfiguration").Child("name");
        if (string.IsNullOrEmpty(spec.PriorityLevelConfiguration?.Name))
            errors.Required(level, "must reference a priority level");
        else
            errors.Invalid(level, spec.PriorityLevelConfiguration.Name, NameRules.IsDns1123Subdomain(spec.PriorityLevelConfiguration.Name));
        for (var i = 0; i < spec.Rules.OrNone().Count; i++)
            ValidateRule(spec.Rules[i], FieldPath.Spec.Child("rules").Index(i), errors);
    }

    protected override void ValidateStatusUpdate(V1FlowSchema updated, V1FlowSchema current, FieldErrors errors) =>
        FlowConditionRules.Validate([.. (updated.Status?.Conditions).OrNone().Select(condition => condition.Type)], errors);

    private static void ValidatePrecedence(string? name, int precedence, FieldPath path, FieldErrors errors)
    {
        if (precedence <= 0)
            errors.Invalid(path, precedence, "must be a positive value");
        if (precedence > PrecedenceMax)
            errors.Invalid(path, precedence, $"must not be greater than {PrecedenceMax}");
        if (precedence == 1 && name != Exempt)
            errors.Invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
    }

    private static void ValidateRule(V1PolicyRulesWithSubjects rule, FieldPath path, FieldErrors errors)
    {
        if (rule.Subjects.OrNone().Count == 0)
            errors.Required(path.Child("subjects"), "subjects must contain at least one value");
        for (var i = 0; i < rule.Subjects.OrNone().Count; i++)
            FlowSubjectValidation.Validate(rule.Subjects[i], path.Child("subjects").Index(i), errors);
        if (rule.ResourceRules.OrNone().Count == 0 && rule.NonResourceRules.OrNone().Count == 0)
            errors.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
        for (var i = 0; i < rule.ResourceRules.OrNone().Count; i++)
            FlowRuleValidation.ValidateResourceRule(rule.ResourceRules[i], path.Child("resourceRules").Index(i), errors);
        for (var i = 0; i < rule.NonResourceRules.OrNone().Count; i++)
            FlowRuleValidation.ValidateOtherRule(rule.NonResourceRules[i], path.Child("nonResourceRules").Index(i), errors);
    }

    private static string IsDangling(V1FlowSchema one) =>
        (one.Status?.Conditions).OrNone().FirstOrDefault(condition => condition.Type == "Dangling")?.Status ?? "?";
}
