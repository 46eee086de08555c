<?xml version="1.0" encoding="utf-8"?>
<!-- Takes what KubernetesClient's documentation says of models and their properties: name, equals sign and text, ended by a
     paragraph separator (U+2029); a line separator (U+2028) stands for each line break in it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text" encoding="utf-8" />
  <xsl:template match="/">
    <xsl:for-each select="doc/members/member[starts-with(@name, 'T:k8s.Models.') or starts-with(@name, 'P:k8s.Models.')]">
      <xsl:value-of select="substring(@name, 14)" />
      <xsl:text>=</xsl:text>
      <xsl:value-of select="translate(summary, '&#10;&#9;&#13;', '&#x2028; ')" />
      <xsl:text>&#x2029;</xsl:text>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
