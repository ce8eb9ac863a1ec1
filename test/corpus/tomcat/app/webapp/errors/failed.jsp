<%@ page isErrorPage="true" %><p>Sorry: <%= exception.getMessage() %></p>
