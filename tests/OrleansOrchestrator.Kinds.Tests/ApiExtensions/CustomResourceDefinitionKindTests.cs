namespace OrleansOrchestrator.Kinds.Tests.ApiExtensions;

public sealed class CustomResourceDefinitionKindTests
{
    private const string Valid = """
        {'metadata':{'name':'gadgets.example.com'},'spec':{'group':'example.com','scope':'Namespaced','names':{'plural':'gadgets','kind':'Gadget'},
         'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}}}]}}
        """;

    private readonly KindCase _case = new("customresourcedefinitions", "apiextensions.k8s.io");

    [Fact]
    public void Create_OfDefinition_FillsInNamesAndStoredVersions() => KindCase.ShouldBeJson(_case.Created(Valid), """
        {'metadata':{'name':'gadgets.example.com'},'spec':{'conversion':{'strategy':'None'},'group':'example.com','scope':'Namespaced',
          'names':{'plural':'gadgets','kind':'Gadget','singular':'gadget','listKind':'GadgetList'},
          'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}}}]},
         'status':{'acceptedNames':{'kind':'','plural':''},'conditions':[],'storedVersions':['v1']}}
        """);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{'metadata':{'name':'other.example.com'}}", "metadata.name: Invalid value: \"other.example.com\": must be spec.names.plural+\".\"+spec.group")]
    [InlineData("{'spec':{'scope':'Global'}}", "spec.scope: Unsupported value: \"Global\": supported values: \"Cluster\", \"Namespaced\"")]
    [InlineData("{'spec':{'preserveUnknownFields':true}}",
        "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")]
    [InlineData("{'spec':{'conversion':{'strategy':'Webhook'}}}", "spec.conversion.strategy: Unsupported value: \"Webhook\": supported values: \"None\"")]
    [InlineData("{'spec':{'names':{'kind':'Gadget','listKind':'Gadget'}}}", "spec.names.listKind: Invalid value: \"Gadget\": kind and listKind may not be the same")]
    [InlineData("{'spec':{'versions':[{'name':'v1','served':true,'storage':true}]}}", "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required")]
    [InlineData("{'spec':{'versions':[{'name':'v1','served':true,'storage':false,'schema':{'openAPIV3Schema':{'type':'object'}}}]}}",
        "spec.versions: Invalid value: [\"v1\"]: must have exactly one version marked as storage version")]
    [InlineData("{'spec':{'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}},'additionalPrinterColumns':[{'name':'A','type':'text','jsonPath':'.spec.a'}]}]}}",
        "spec.versions[0].additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of boolean,date,integer,number,string")]
    [InlineData("{'spec':{'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}},'subresources':{'scale':{'specReplicasPath':'.a','statusReplicasPath':'.status.replicas'}}}]}}",
        "spec.versions[0].subresources.scale.specReplicasPath: Invalid value: \".a\": should be a json path under .spec")]
    [InlineData("{'spec':{'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}},'selectableFields':[{'jsonPath':'.spec.a'}]}]}}",
        "spec.versions[0].selectableFields[0].jsonPath: Invalid value: \".spec.a\": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.")]
    public void Validate_Definition_TellsFaults(string change, string expected) => _case.Faults(KindCase.Merge(Valid, change)).ShouldBe(expected);

    [Fact]
    public void Validate_ProtectedGroup_NeedsApproval()
    {
        var json = KindCase.Merge(Valid, "{'metadata':{'name':'gadgets.apps.k8s.io'},'spec':{'group':'apps.k8s.io'}}");
        _case.Faults(json).ShouldStartWith("metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation");
    }

    [Theory]
    [InlineData("{'spec':{'scope':'Cluster'}}", "spec.scope: Invalid value: \"Cluster\": field is immutable")]
    [InlineData("{'spec':{'names':{'kind':'Widget','singular':'widget','listKind':'WidgetList'}}}", "spec.names.kind: Invalid value: \"Widget\": field is immutable")]
    [InlineData("{'spec':{'versions':[{'name':'v2','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}}}]}}",
        "status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions")]
    public void ValidateUpdate_OfEstablishedDefinition_TellsFaults(string change, string expected)
    {
        var established = KindCase.Merge(Valid, "{'status':{'storedVersions':['v1'],'conditions':[{'type':'Established','status':'True'}]}}");
        _case.UpdateFaults(established, KindCase.Merge(established, change)).ShouldBe(expected);
    }

    [Fact]
    public void Row_OfDefinition_TellsWhenItWasCreated()
    {
        _case.Headings().ShouldBe("Name | Created At");
        _case.Row("{'metadata':{'name':'gadgets.example.com','creationTimestamp':'2026-03-01T11:00:00Z'}}").ShouldBe("gadgets.example.com | 2026-03-01T11:00:00Z");
    }
}
